"""A proxy between bridge and broker that can be stalled, cut, and held at a moment that is fair."""

import contextlib
import socket
import struct
import threading
import time

import rig
from crash import mqtt, wire

# What a broker sends only when it has read something else than CONNECT.
ANSWERS = {mqtt.PUBACK, mqtt.PUBREC, mqtt.PUBCOMP, mqtt.SUBACK, mqtt.PINGRESP}


class Passage:
    """One connection of the bridge, with the broker's side of it."""

    def __init__(self, link, bridge):
        self.bridge = bridge
        self.broker = socket.create_connection(("127.0.0.1", link.target), 5)
        self.broker.settimeout(None)
        self.broker_name = self.broker.getsockname()[1]
        for end in (self.bridge, self.broker):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The PUBRELs that the bridge got, and the PUBCOMPs that the broker got. One thread counts each.
        self.counts = {mqtt.PUBREL: 0, mqtt.PUBCOMP: 0}
        self.is_open = True
        # The broker has answered something, and so has repeated before what earlier connections left.
        self.is_settled = False

    def owes(self):
        return self.is_open and self.counts[mqtt.PUBREL] > self.counts[mqtt.PUBCOMP]

    def pump(self, source, sink, gate, kind, note):
        scanner = mqtt.Scanner()
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with gate:
                    if not self.is_open:
                        return
                    sink.sendall(data)
                    for first, body in scanner.feed(data):
                        self.counts[kind] += first >> 4 == kind
                        self.is_settled |= source is self.broker and first >> 4 in ANSWERS
                        note(self.broker_name, first, body)
        self.close(is_reset=False)

    def close(self, is_reset):
        self.is_open = False
        for end in (self.bridge, self.broker):
            with contextlib.suppress(OSError):
                if is_reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Link:
    """Listens where the bridge looks for its broker. A gate is a lock; who has it stalls a direction."""

    def __init__(self, target):
        self.target = target
        self.to_bridge, self.to_broker = threading.Lock(), threading.Lock()
        self.passages = []
        self.wire = wire.Wire()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = rig.free_port()
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            bridge, _ = self.listener.accept()
            try:
                passage = Passage(self, bridge)
            except OSError:
                bridge.close()
                continue
            self.passages = [other for other in self.passages if other.is_open] + [passage]
            for arguments in (
                    (passage.bridge, passage.broker, self.to_broker, mqtt.PUBCOMP,
                     self.wire.to_broker),
                    (passage.broker, passage.bridge, self.to_bridge, mqtt.PUBREL,
                     self.wire.from_broker)):
                threading.Thread(target=passage.pump, args=arguments, daemon=True).start()

    def cut(self):
        """Ends every connection with a reset, whatever is under way."""
        for passage in self.passages:
            passage.close(is_reset=True)

    def stall(self):
        """From now on no byte passes, in either direction."""
        for gate in (self.to_bridge, self.to_broker):
            gate.acquire()

    def release(self):
        for gate in (self.to_bridge, self.to_broker):
            gate.release()

    def hold(self, limit):
        """Stalls the link where the bridge has answered every PUBREL it got; False when it does not.

        A mosquitto 2.0 that is started again sends the PUBLISH of such a message once more, and so it
        must have got the PUBCOMP, also where the PUBREL came on an earlier connection. Everything else may
        be under way.
        """
        deadline = time.monotonic() + limit
        while not self.is_settled():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        if not self.to_bridge.acquire(timeout=limit):
            return False
        if not self.is_settled():
            self.to_bridge.release()
            return False
        while any(passage.owes() for passage in self.passages):
            if time.monotonic() > deadline:
                self.to_bridge.release()
                return False
            time.sleep(0.005)
        self.to_broker.acquire()
        if self.is_settled():
            return True
        self.release()
        return False

    def is_settled(self):
        return any(passage.is_open and passage.is_settled for passage in self.passages)

    def broker_has_read_all(self):
        """Whether the broker has taken every byte that was passed on to it."""
        names = {passage.broker_name for passage in self.passages if passage.is_open}
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table.readlines()[1:]:
                _, local, remote, _, queues, *_ = line.split()
                if (int(local.split(":")[1], 16) == self.target
                        and int(remote.split(":")[1], 16) in names
                        and int(queues.split(":")[1], 16)):
                    return False
        return True
