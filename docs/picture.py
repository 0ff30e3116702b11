"""Draw the terminal session of the README: docs/session-light.svg and docs/session-dark.svg.

    python3 docs/picture.py CROUD            # run the commands with this program and write both pictures
    python3 docs/picture.py CROUD --check    # fail if a picture does not show what the program prints

The commands run on a new sandbox. A picture has exactly what they print, with its colours.
"""

import html
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COMMANDS = [
    "croud organizations list",
    "croud organizations users add --user member@example.com --role org_admin",
    "croud organizations credits list",
    "croud organizations secrets delete --secret-id 71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5",
    "croud organizations get nowhere",
]
# Colours of GitHub's light and dark themes: background, text, prompt, and those of the ANSI codes.
THEMES = {
    "light": {"back": "#f6f8fa", "text": "#1f2328", "prompt": "#6e7781", "31": "#cf222e", "32": "#1a7f37", "33": "#9a6700", "36": "#1b7c83"},
    "dark": {"back": "#0d1117", "text": "#e6edf3", "prompt": "#8b949e", "31": "#ff7b72", "32": "#3fb950", "33": "#d29922", "36": "#39c5cf"},
}
SIZE, LINE, CHARACTER, MARGIN = 13, 18, 7.83, 16


def session(program):
    """Return the lines of the session, as a terminal with colours would show them."""
    lines = []
    with tempfile.TemporaryDirectory() as home:
        # The program must be called `croud` for its messages and for the shell.
        os.symlink(os.path.abspath(program), os.path.join(home, "croud"))
        env = {"HOME": home, "PATH": f"{home}:/usr/bin:/bin", "CROUD_PROFILE": "sandbox", "CLICOLOR_FORCE": "1", "LANG": "C.UTF-8"}
        for command in COMMANDS:
            done = subprocess.run(command, shell=True, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            lines += [f"\x1b[prompt$ \x1b[0m{command}", *done.stdout.splitlines()]
    return lines


def spans(line):
    """Split a line at its colour codes into (colour, text)."""
    colour = "text"
    for part in re.split(r"(\x1b\[(?:prompt|[0-9;]*m))", line):
        code = re.fullmatch(r"\x1b\[(?:(prompt)|([0-9;]*)m)", part)
        if code:
            colour = {"prompt": "prompt", "0": "text", "": "text"}.get(code[1] or code[2], code[2])
        elif part:
            yield colour, part


def picture(lines, theme):
    """Draw the lines as SVG."""
    width = round(max(len("".join(text for _, text in spans(line))) for line in lines) * CHARACTER + 2 * MARGIN)
    height = len(lines) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        "<title>A terminal session with croud on the sandbox</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{theme["back"]}"/>',
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="{SIZE}">',
    ]
    for number, line in enumerate(lines):
        y, column = MARGIN + number * LINE + SIZE, 0
        for colour, text in spans(line):
            # The length keeps columns aligned in every font.
            x, length = MARGIN + column * CHARACTER, len(text) * CHARACTER
            out.append(f'<text x="{x:.2f}" y="{y}" fill="{theme[colour]}" textLength="{length:.2f}" '
                       f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(text)}</text>')
            column += len(text)
    return "\n".join([*out, "</g>", "</svg>", ""])


def main():
    lines = session(sys.argv[1])
    folder = pathlib.Path(__file__).parent
    for name, theme in THEMES.items():
        path, drawn = folder / f"session-{name}.svg", picture(lines, theme)
        if sys.argv[2:] != ["--check"]:
            path.write_text(drawn)
        elif not path.exists() or path.read_text() != drawn:
            raise SystemExit(f"{path.name} is out of date: run `python3 docs/picture.py {sys.argv[1]}`")


main()
