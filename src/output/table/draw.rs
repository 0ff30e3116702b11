//! Draws a table of known rows.
//!
//! comfy-table draws the borders and the header. The rows are drawn here, as comfy-table needs more memory and time for
//! them: 10,000 audit events took 703 million instructions instead of 358 million.

use std::io::{self, Write};

use super::number::fraction_width;
use super::wrap::{Wrapped, longest_piece, width, wrap};
use super::{CELL_END, Content, Extent, ROW_END, parts};
use crate::output::Ending;
use comfy_table::{CellAlignment, ColumnConstraint, ContentLineStyle, LineStyle, TableStyle, Width};

const BORDER: LineStyle = LineStyle::new('+', '-', '+', '+');
const STYLE: TableStyle = TableStyle::new()
    .top_border(BORDER)
    .header_lines(ContentLineStyle::new('|', '|', '|'))
    .header_separator(LineStyle::new('|', '-', '+', '|'))
    .content_lines(ContentLineStyle::new('|', '|', '|'))
    .bottom_border(BORDER);

/// The longest text that is copied into the line, in bytes. A longer one is written directly.
const LONGEST_TEXT: usize = 64 << 10;
/// The spaces left and right of a cell.
const PADDING: usize = 2;
/// A column is at least this much wider than its header.
const BEYOND_HEADER: usize = 2;
/// The least width to which a column is reduced in a table that is too wide.
const NARROWEST: usize = 8;
/// The greatest width of a column: comfy-table counts in 16 bits.
const WIDEST: usize = 60_000;

/// A column as it is drawn.
pub(super) struct Column {
    /// The index of its cell in a row.
    pub(super) place: usize,
    pub(super) header: String,
    pub(super) extent: Extent,
    /// The text of its cell in a row that has none.
    pub(super) missing: String,
}

impl Column {
    /// Numbers are aligned to the right, by their decimal points.
    fn is_numeric(&self) -> bool {
        self.extent.content == Content::Numbers
    }

    /// The width without a limit.
    fn natural_width(&self) -> usize {
        let cells = if self.is_numeric() { self.extent.whole + self.extent.fraction } else { self.extent.width };
        cells.max(width(&self.header) + BEYOND_HEADER).min(WIDEST)
    }

    /// The lines of a cell. A number has one.
    fn lines<'t>(&self, cell: &'t str, width: usize) -> Wrapped<'t> {
        wrap(cell, if self.is_numeric() { usize::MAX } else { width })
    }

    /// Appends one line of a cell, filled up with spaces. A text that is too long for `line` is written to `out`.
    fn fill(&self, text: &str, column_width: usize, line: &mut String, out: &mut dyn Write) -> io::Result<()> {
        // Numbers have their decimal points below each other.
        let behind = match self.is_numeric() {
            true => self.extent.fraction.saturating_sub(fraction_width(text).unwrap_or(0)),
            false => column_width.saturating_sub(width(text)),
        };
        if self.is_numeric() {
            push_spaces(column_width.saturating_sub(width(text) + behind), line);
        }
        if text.len() > LONGEST_TEXT {
            out.write_all(line.as_bytes())?;
            line.clear();
            out.write_all(text.as_bytes())?;
        } else {
            line.push_str(text);
        }
        push_spaces(behind, line);
        Ok(())
    }
}

fn push_spaces(count: usize, line: &mut String) {
    const SPACES: &str = "                                ";
    line.extend(std::iter::repeat_n(SPACES, count / SPACES.len()));
    line.push_str(&SPACES[..count % SPACES.len()]);
}

/// A table with the widths of its columns.
pub(super) struct Drawing {
    columns: Vec<Column>,
    widths: Vec<usize>,
    has_header: bool,
}

impl Drawing {
    /// A table that is as wide as it needs to be.
    pub(super) fn new(mut columns: Vec<Column>, has_header: bool) -> Self {
        if !has_header {
            columns.iter_mut().for_each(|column| column.header.clear());
        }
        let widths = columns.iter().map(Column::natural_width).collect();
        Self { columns, widths, has_header }
    }

    /// The number of columns.
    pub(super) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// The width of the whole table.
    pub(super) fn width(&self) -> usize {
        self.widths.iter().map(|width| width + PADDING + 1).sum::<usize>() + 1
    }

    /// Reduces the widest columns until the table fits into `limit`, or until no column can be narrower. Words in
    /// `rows`, such as IDs and URLs, are not broken.
    pub(super) fn fit(mut self, limit: usize, rows: &str) -> Self {
        if self.width() <= limit {
            return self;
        }
        let least = self.least_widths(rows);
        let available = limit.saturating_sub(self.columns.len() * (PADDING + 1) + 1);
        let reduced =
            |cap: usize| self.widths.iter().zip(&least).map(move |(width, least)| (*width).min(cap).max(*least));
        // The greatest width to which columns can be reduced so that the table fits.
        let (mut low, mut high) = (0, self.widths.iter().copied().max().unwrap_or(0));
        while low < high {
            let middle = (low + high).div_ceil(2);
            if reduced(middle).sum::<usize>() <= available {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        self.widths = reduced(low).collect();
        self
    }

    /// How narrow each column can be.
    fn least_widths(&self, rows: &str) -> Vec<usize> {
        let header = |column: &Column| longest_piece(&column.header).max(longest_piece(&column.missing));
        let mut least: Vec<usize> = self.columns.iter().map(|column| header(column).max(NARROWEST)).collect();
        for row in parts(rows, ROW_END) {
            for (least, (_, cell)) in least.iter_mut().zip(self.cells(row)) {
                *least = longest_piece(cell).max(*least);
            }
        }
        for ((least, column), width) in least.iter_mut().zip(&self.columns).zip(&self.widths) {
            *least = if column.is_numeric() { *width } else { *width.min(least) };
        }
        least
    }

    /// The columns with their cells in a row.
    fn cells<'s>(&'s self, row: &'s str) -> impl Iterator<Item = (&'s Column, &'s str)> {
        let cells: Vec<&str> = parts(row, CELL_END).collect();
        self.columns.iter().map(move |column| (column, cells.get(column.place).copied().unwrap_or(&column.missing)))
    }

    /// Writes the lines above the rows. Without columns, writes one empty line.
    pub(super) fn write_header(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.columns.is_empty() {
            return out.write_all(b"\n");
        }
        let frame = self.frame();
        let above = if self.has_header { frame.len() - 1 } else { 1 };
        frame[..above].iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    /// Writes rows. A cell that is wider than its column makes its line longer.
    pub(super) fn write_rows(&self, rows: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        match self.columns.is_empty() {
            true => Ok(()),
            false => parts(rows, ROW_END).try_for_each(|row| self.write_row(row, &mut line, out)),
        }
    }

    /// Writes the border below the rows, unless the list broke off.
    pub(super) fn write_end(&self, ending: Ending, out: &mut dyn Write) -> io::Result<()> {
        match (ending, self.frame().pop()) {
            (Ending::Complete, Some(border)) if !self.columns.is_empty() => writeln!(out, "{border}"),
            _ => Ok(()),
        }
    }

    /// The lines above the rows, and as the last one the border below.
    fn frame(&self) -> Vec<String> {
        let mut table = comfy_table::Table::new();
        table.load_style(STYLE);
        let header = |(column, width): (&Column, &usize)| wrap(&column.header, *width).collect::<Vec<_>>().join("\n");
        table.set_header(self.columns.iter().zip(&self.widths).map(header));
        for ((drawn, column), width) in table.column_iter_mut().zip(&self.columns).zip(&self.widths) {
            drawn.set_constraint(ColumnConstraint::Absolute(Width::Fixed((width + PADDING) as u16)));
            if column.is_numeric() {
                drawn.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().collect()
    }

    /// Writes a row, which has as many lines as its tallest cell. `line` is a buffer that is reused.
    fn write_row(&self, row: &str, line: &mut String, out: &mut dyn Write) -> io::Result<()> {
        let cells = self.cells(row).zip(&self.widths).map(|((column, cell), width)| column.lines(cell, *width));
        let mut cells: Vec<_> = cells.collect();
        let mut is_first_line = true;
        while is_first_line || cells.iter().any(|cell| !cell.is_complete()) {
            is_first_line = false;
            line.clear();
            for (place, ((column, width), cell)) in self.columns.iter().zip(&self.widths).zip(&mut cells).enumerate() {
                line.push_str(if place == 0 { "| " } else { " | " });
                column.fill(cell.next().unwrap_or_default(), *width, line, out)?;
            }
            line.push_str(" |\n");
            out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the first row as lines of a header and its cell. Nothing is broken, so that it can be copied.
    pub(super) fn write_record(&self, rows: &str, out: &mut dyn Write) -> io::Result<()> {
        let header_width = self.columns.iter().map(|column| width(&column.header)).max().unwrap_or(0);
        let row = parts(rows, ROW_END).next().unwrap_or_default();
        for (column, cell) in self.cells(row) {
            let mut header = column.header.as_str();
            for line in cell.split('\n') {
                let (line, space) = (line.trim_end(), header_width - width(header));
                match (self.has_header, line) {
                    (true, "") => writeln!(out, "{}", header.trim_end())?,
                    (true, line) => writeln!(out, "{header}{:space$}  {line}", "")?,
                    (false, line) => writeln!(out, "{line}")?,
                }
                header = "";
            }
        }
        Ok(())
    }
}
