"""A TCP proxy on loopback that does to connections what networks do, by a seed."""

import asyncio
import contextlib
import random
import socket
import struct
import threading


class FaultyNetwork:
    """Forwards connections to a port, and hurts them: resets, silence, splits, delays, half-closes.

    After each connection a fate is drawn: how long it lives, and how it ends. A silent one stays open
    and passes nothing on any more, as behind a firewall that has lost its state.
    """

    FATES = ("reset", "silence", "close", "half_close", "cut_inside", "last")

    def __init__(self, target, seed, mean_life=20.0):
        self.target = target
        self.random = random.Random(seed)
        self.mean_life = mean_life
        self.counts = {fate: 0 for fate in self.FATES}
        self.is_calm = False
        self.connections = set()
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def serve(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            asyncio.start_server(self.accepted, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    def calm(self):
        """From now on nothing more happens to connections; the silent ones are cut."""
        def cut():
            self.is_calm = True
            for task in list(self.connections):
                task.cancel()
        self.loop.call_soon_threadsafe(cut)

    async def accepted(self, reader, writer):
        self.connections.add(asyncio.current_task())
        try:
            await self.live(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.connections.discard(asyncio.current_task())
            writer.close()

    async def live(self, reader, writer):
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.target)
        fate = "last" if self.is_calm else self.random.choice(self.FATES[:-1])
        self.counts[fate] += 1
        life = self.random.expovariate(1 / self.mean_life)
        silence = asyncio.Event()
        cut = asyncio.Event()
        pumps = [
            asyncio.create_task(self.pump(reader, upstream, silence, cut)),
            asyncio.create_task(self.pump(upstream_reader, writer, silence, cut)),
        ]
        try:
            limit = None if fate == "last" else life
            done, _ = await asyncio.wait(pumps, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return
            if fate == "silence":
                silence.set()
                await asyncio.sleep(600)
            elif fate == "half_close":
                writer.write_eof()
                await asyncio.wait(pumps, timeout=self.random.uniform(0, 5))
            elif fate == "cut_inside":
                cut.set()
                await asyncio.wait(pumps, timeout=2)
            if fate in ("reset", "cut_inside"):
                for end in (writer, upstream):
                    reset(end)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            upstream.close()

    async def pump(self, reader, writer, silence, cut):
        """Passes bytes on, now and then late or in pieces; the last ones may be a part of a packet."""
        while data := await reader.read(65536):
            if silence.is_set():
                continue
            if cut.is_set():
                writer.write(data[:self.random.randrange(len(data))])
                with contextlib.suppress(OSError):
                    await writer.drain()
                return
            mood = self.random.random()
            if mood < 0.02:
                await asyncio.sleep(self.random.uniform(0, 0.2))
            if mood < 0.05 and len(data) > 1:
                split = self.random.randrange(1, len(data))
                writer.write(data[:split])
                await writer.drain()
                await asyncio.sleep(0)
                data = data[split:]
            writer.write(data)
            await writer.drain()


def reset(writer):
    """Makes the close of a connection send a TCP reset."""
    plain = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
