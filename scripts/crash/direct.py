"""Clients that speak MQTT to the broker itself: the observer, and sources that know no bridge."""

import threading

from crash import messages, mqtt


class Client(threading.Thread):
    """A client that can be asked to leave while the broker is restarted."""

    def __init__(self, stage, name):
        super().__init__(name=name, daemon=True)
        self.stage = stage
        self.may_stay, self.is_away = threading.Event(), threading.Event()
        self.may_stay.set()
        self.connection = None

    def run(self):
        while not self.stage.is_over.is_set():
            try:
                if self.connection is None:
                    self.connection = mqtt.Connection(self.stage.broker.port, self.name)
                    self.connected()
                self.turn()
            except mqtt.Ended:
                self.connection = None
                self.stage.is_over.wait(0.02)
            if not self.may_stay.is_set():
                self.go_away()

    def go_away(self):
        if self.connection:
            self.connection.leave()
            self.connection = None
        self.is_away.set()
        while not self.may_stay.wait(0.2) and not self.stage.is_over.is_set():
            pass
        self.is_away.clear()

    def connected(self):
        """Called on every new connection."""

    def turn(self):
        """Does one step of the work; returns soon."""
        raise NotImplementedError


class Observer(Client):
    """Records what the broker has got, with QoS 2, and acknowledges after that."""

    def __init__(self, stage, topic_filter):
        super().__init__(stage, "crash-observer")
        self.filter = topic_filter
        self.received = messages.Received(stage.topics)
        self.exchanges = set()
        self.subscribed = threading.Event()

    def connected(self):
        if not self.connection.session_present:
            if self.subscribed.is_set():
                self.stage.violate("the broker has lost the session of the observer")
            self.exchanges.clear()
            self.connection.send(mqtt.subscribe(1, self.filter, 2))

    def turn(self):
        answers = []
        for first, body in self.connection.packets(0.2):
            kind = first >> 4
            if kind == mqtt.PUBLISH:
                answers.append(self.delivered(*mqtt.split_publish(first, body)))
            elif kind == mqtt.PUBREL:
                packet_id = int.from_bytes(body[:2], "big")
                self.exchanges.discard(packet_id)
                answers.append(mqtt.acknowledgement(mqtt.PUBCOMP, packet_id))
            elif kind == mqtt.SUBACK:
                self.subscribed.set()
        if answers:
            self.connection.send(b"".join(answers))

    def delivered(self, topic, qos, packet_id, payload):
        if qos != 2 or packet_id not in self.exchanges:
            try:
                self.received.add(topic, payload)
            except messages.Corrupted as fault:
                self.stage.violate(f"the observer got a corrupted message: {fault}")
        if qos == 2:
            self.exchanges.add(packet_id)
        return mqtt.acknowledgement(mqtt.PUBREC if qos == 2 else mqtt.PUBACK, packet_id)


class Source(Client):
    """Publishes one message after the other straight to the broker, each until it is acknowledged."""

    def __init__(self, stage, topic, rng, mean_pause):
        super().__init__(stage, f"crash-source-{topic.index}")
        self.topic, self.rng, self.mean_pause = topic, rng, mean_pause
        self.message = None
        self.is_released = False

    def run(self):
        super().run()
        if self.message:
            self.topic.unknown.add(self.message[0])

    def turn(self):
        if self.message is None:
            if self.stage.is_ending.is_set() and len(self.topic.accepted):
                self.stage.is_over.wait(0.1)
                return
            self.stage.is_ending.wait(self.rng.expovariate(1 / self.mean_pause))
            number = self.topic.next()
            self.message = number, self.stage.payloads.make(self.rng, self.topic, number)
            self.send_publish(is_duplicate=False)
        self.finish()

    def connected(self):
        if self.message and self.is_released:
            self.connection.send(mqtt.acknowledgement(mqtt.PUBREL, self.packet_id()))
        elif self.message:
            self.send_publish(is_duplicate=True)

    def packet_id(self):
        return self.message[0] % 65535 + 1

    def send_publish(self, is_duplicate):
        self.connection.send(mqtt.publish(
            self.topic.name, self.message[1], self.topic.qos, self.packet_id(), is_duplicate))

    def finish(self):
        """Waits for the end of the exchange that is under way."""
        last = mqtt.PUBACK if self.topic.qos == 1 else mqtt.PUBCOMP
        while True:
            first, body = self.connection.receive()
            if int.from_bytes(body[:2], "big") != self.packet_id():
                continue
            if first >> 4 == mqtt.PUBREC:
                self.is_released = True
                self.connection.send(mqtt.acknowledgement(mqtt.PUBREL, self.packet_id()))
            elif first >> 4 == last:
                self.topic.accepted.append(self.message[0])
                self.message, self.is_released = None, False
                return

    @property
    def is_idle(self):
        return self.message is None
