"""A TCP proxy on loopback that delays what it forwards, as a network with a round-trip time does.

Each direction is delayed by half of the round-trip time. The delay is a pipeline: it does not limit the
bandwidth. The first bytes of a connection are delayed by one more round-trip time, for the handshake of TCP,
which takes no time on loopback.
"""

import asyncio
import contextlib
import sys
import threading
import time

# Where the servers behind a proxy listen. The proxy listens on the same port of 127.0.0.1, because a server may refuse
# a request whose Host header has another port than its own.
BEHIND = "127.0.0.2"

# The bytes that are received at once, and the pieces that are on their way in one direction at most.
RECEIVED = 256 << 10
PIECES = 1024


class Messages:
    """Finds where the HTTP messages of one direction of a connection begin and end."""

    def __init__(self, are_replies):
        self.are_replies = are_replies
        self.unparsed, self.left, self.is_chunked = b"", 0, False

    def feed(self, data):
        """Yield pieces of the data: the bytes, the first line if they are a head, whether a message ends with them."""
        data, self.unparsed = self.unparsed + data, b""
        while data:
            if self.left:
                piece, data = data[:self.left], data[self.left:]
                self.left -= len(piece)
                yield piece, None, self.left == 0 and not self.is_chunked
                continue
            end = b"\r\n" if self.is_chunked else b"\r\n\r\n"
            text, found, rest = data.partition(end)
            if not found:
                self.unparsed = data
                return
            data = rest
            if self.is_chunked:
                size = int(text.split(b";")[0], 16)
                self.left, self.is_chunked = size + 2, size > 0
                yield text + end, None, False
            else:
                is_end = self.begin(text)
                yield text + end, text.partition(b"\r\n")[0], is_end

    def begin(self, head):
        """Read a head. Return whether the message has no body, and is not followed by the final reply."""
        first, *lines = head.lower().split(b"\r\n")
        fields = dict(line.split(b":", 1) for line in lines)
        status = int(first.split()[1]) if self.are_replies else 0
        if 100 <= status < 200:
            return False
        self.is_chunked = b"chunked" in fields.get(b"transfer-encoding", b"")
        # A reply without a length lasts until the connection closes.
        unknown = sys.maxsize if self.are_replies and status not in (204, 304) else 0
        self.left = 0 if self.is_chunked else int(fields.get(b"content-length", unknown))
        return not self.left and not self.is_chunked


class Proxy:
    """Forwards connections to a server, and counts them.

    `rtt` is the round-trip time in seconds. `limit` is the highest number of requests in flight; one more is
    answered with 429. Both can be changed at any time. With `is_http=False`, for TLS, only connections are counted.
    """

    def __init__(self, port, rtt=0.0, limit=None, is_http=True):
        self.port, self.rtt, self.limit, self.is_http = port, rtt, limit, is_http
        # asyncio does not keep a task that waits for a connection.
        self.tasks = set()
        self.reset()
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait()

    def reset(self):
        """Set the counts to zero, and forget when the first connection was opened and the last reply was sent."""
        self.opened = self.replied = None
        self.connections = self.requests = self.refused = self.in_flight = self.most_in_flight = 0

    def run(self, ready):
        async def listen():
            server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=RECEIVED)
            ready.set()
            await server.serve_forever()

        asyncio.run(listen())

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        self.connections += 1
        self.opened = self.opened or time.perf_counter()
        server_reader, server_writer = await asyncio.open_connection(BEHIND, self.port, limit=RECEIVED)
        connection = Connection(self, Line(self.rtt / 2, server_writer), Line(self.rtt / 2, writer))
        connection.there.delay_once(self.rtt)
        await asyncio.gather(connection.forward(reader), connection.reply(server_reader), connection.there.task, connection.back.task)
        self.in_flight -= connection.in_flight
        writer.close()
        server_writer.close()

    def begin(self):
        """Count a request. Return whether it is within the limit."""
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return self.limit is None or self.in_flight <= self.limit


class Connection:
    """One connection through the proxy: the lines to the server and back, and the requests on them."""

    def __init__(self, proxy, there, back):
        self.proxy, self.there, self.back = proxy, there, back
        self.requests, self.replies = Messages(are_replies=False), Messages(are_replies=True)
        self.in_flight, self.is_within_limit = 0, True

    async def forward(self, reader):
        """Forward what the client sends. A request above the limit is answered here."""
        while data := await received(reader):
            for piece, head, is_end in self.requests.feed(data) if self.proxy.is_http else [(data, None, False)]:
                if head is not None:
                    self.in_flight += 1
                    self.is_within_limit = self.proxy.begin()
                if self.is_within_limit:
                    await self.there.send(piece)
                elif is_end:
                    self.proxy.refused += 1
                    await self.back.send(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", self.end)
        await self.there.send(b"")

    async def reply(self, reader):
        """Forward what the server sends."""
        while data := await received(reader):
            for piece, _, is_end in self.replies.feed(data) if self.proxy.is_http else [(data, None, False)]:
                await self.back.send(piece, self.end if is_end else None)
        await self.back.send(b"")

    def end(self):
        """Count a reply that was sent to the client."""
        self.in_flight -= 1
        self.proxy.in_flight -= 1
        self.proxy.replied = time.perf_counter()


class Line:
    """Writes to a connection, `delay` seconds later."""

    def __init__(self, delay, writer):
        self.delay, self.writer, self.pieces = delay, writer, asyncio.Queue(PIECES)
        self.first, self.loop = 0.0, asyncio.get_running_loop()
        self.task = self.loop.create_task(self.run())

    def delay_once(self, seconds):
        """Delay the first bytes, and what follows them at once, by more than the others."""
        self.first = seconds

    async def send(self, data, written=None):
        """Send bytes; none for the end. `written` is called when they were written."""
        due = self.loop.time() + self.delay + self.first
        self.first = 0.0
        await self.pieces.put((due, data, written))

    async def run(self):
        while True:
            due, data, written = await self.pieces.get()
            if (wait := due - self.loop.time()) > 0:
                await asyncio.sleep(wait)
            # Where the other end has closed the connection, what is left is discarded.
            if not self.writer.is_closing():
                await self.write(data)
            if written:
                written()
            if not data:
                return

    async def write(self, data):
        with contextlib.suppress(OSError):
            if data:
                self.writer.write(data)
                await self.writer.drain()
            else:
                self.writer.write_eof()


async def received(reader):
    """The next bytes; none at the end of the connection, or where it breaks."""
    try:
        return await reader.read(RECEIVED)
    except OSError:
        return b""
