"""The programs that are measured, and the brokers behind them."""

import http.client
import json
import os
import re
import time

from processes import (Failure, Process, connects, free_port, load_program, program, wait_until)


def user_name():
    return "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")


class Server(Process):
    """A server on a port of loopback, ready when it takes connections."""

    def __init__(self, command, log, port):
        started = time.monotonic()
        super().__init__(command, log)
        self.port = port
        try:
            wait_until(self.is_ready, 30, f"a {os.path.basename(self.command[0])} that is ready", 0.001)
            self.seconds_to_ready = time.monotonic() - started
        except BaseException:
            self.end()
            raise

    def is_ready(self):
        self.check()
        return connects(self.port)


def log_of(folder, name):
    return os.path.join(folder, name + ".log")


class Mosquitto(Server):
    """A real broker, with its limits on queues lifted so that it drops nothing."""

    def __init__(self, folder):
        port = free_port()
        config = os.path.join(folder, "mosquitto.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {user_name()}\n"
                       "max_queued_messages 0\nmax_inflight_messages 0\nallow_duplicate_messages true\n"
                       "set_tcp_nodelay true\nlog_type error\nlog_type warning\n")
        super().__init__([program("mosquitto"), "-c", config], log_of(folder, "mosquitto"), port)


class NullBroker(Server):
    """A broker that costs next to nothing; it says what it got when a connection ends."""

    def __init__(self, folder, *flags):
        port = free_port()
        self.seen = 0
        super().__init__([load_program("nullbroker"), "-v", "-p", port, *flags],
                         log_of(folder, "nullbroker"), port)

    def received(self):
        """Messages of connections that have ended, by QoS."""
        with open(self.log, encoding="utf-8") as file:
            found = re.findall(r"pub0=(\d+) pub1=(\d+) pub2=(\d+)", file.read())
        return [sum(int(row[qos]) for row in found) for qos in range(3)]


class RawSSE(Server):
    """The plain epoll program: one send for each delivery, no HTTP library, no broker, no disk."""

    def __init__(self, folder):
        port, self.feed = free_port(), free_port()
        super().__init__([load_program("rawsse"), "-p", port, "-f", self.feed],
                         log_of(folder, "rawsse"), port)
        self.publisher = f"feed:{self.feed}"
        self.path = "/sse/{topic}"


class DetachedSSE(Server):
    """The C program with libmicrohttpd whose streams leave it as detached sockets."""

    def __init__(self, folder):
        port, self.feed = free_port(), free_port()
        super().__init__([load_program("mhdsse"), "-m", "steal", "-p", port, "-f", self.feed],
                         log_of(folder, "mhdsse"), port)
        self.publisher = f"feed:{self.feed}"
        self.path = "/sse/{topic}"


class BarePost(Server):
    """libmicrohttpd that answers POST with 202, and nothing else."""

    def __init__(self, folder, *flags):
        port = free_port()
        super().__init__([load_program("mhdpost"), "-m", "ext", "-p", port, *flags],
                         log_of(folder, "mhdpost"), port)


NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
load_module {module};
user {user};
worker_processes 1;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  nchan_max_reserved_memory 256M;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location ~ ^/pub/(\\d+)$ {{ nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 1000; }}
    location ~ ^/sse/(\\d+)$ {{ nchan_subscriber eventsource; nchan_channel_id $1;
      nchan_subscriber_first_message newest; }}
  }}
}}
"""


class Nchan(Server):
    """nginx with the module nchan: one worker, memory storage, the last 1,000 messages kept."""

    modules = "/usr/lib/nginx/modules/ngx_nchan_module.so"

    def __init__(self, folder):
        if not os.path.exists(self.modules):
            raise Failure("nchan is not installed: apt-get install nginx libnginx-mod-nchan")
        port = free_port()
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=folder, module=self.modules, user=user_name(), port=port,
                                    files=20000))
        super().__init__([program("nginx"), "-p", folder, "-c", config], log_of(folder, "nginx"), port)
        self.publisher = f"http:{port}:/pub/{{topic}}"
        self.path = "/sse/{topic}"


class Bridge(Server):
    """mqtt-bridge, ready when its probe says so and, with a broker, when that is connected."""

    program = None
    """The path of the program; set once by the command line."""

    def __init__(self, folder, broker_port, *flags, data=None, has_broker=True):
        self.admin_port = free_port()
        self.has_broker = has_broker
        self.broker_port = broker_port
        port = free_port()
        self.path = "/subscribe?topic=bench/{topic}"
        self.publisher = f"mqtt:{broker_port}:bench/{{topic}}"
        super().__init__(
            [Bridge.program, "serve", "--broker", f"mqtt://127.0.0.1:{broker_port}",
             "--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{self.admin_port}",
             "--data", data or os.path.join(folder, "data"), "--streams", "12000",
             "--log-format", "json", *flags], log_of(folder, "bridge"), port)

    def is_ready(self):
        self.check()
        if not connects(self.admin_port) or self.status("/healthz/ready") != 200:
            return False
        return not self.has_broker or self.metric("bridge_mqtt_connected") == 1

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def status(self, path):
        return self.ask(path)[0]

    def health(self):
        return json.loads(self.ask("/healthz")[1])

    def metric(self, name, labels=""):
        """The sum of the samples of a metric whose labels contain the text."""
        text = self.ask("/metrics")[1].decode()
        values = [float(value) for found, value in
                  re.findall(rf"^{name}(\{{[^}}]*\}})? (\S+)$", text, re.M) if labels in found]
        if not values and not labels:
            raise Failure(f"the bridge has no metric {name}")
        return sum(values)

    def queue(self):
        return int(self.metric("bridge_queue_messages"))

    def expect_nothing_left(self, limit=120):
        """Waits until every stored publish has ended."""
        wait_until(lambda: self.queue() == 0, limit, "an empty queue of the bridge", 0.05)

    def expect_no_gap(self):
        """No stream may have missed anything, or have been closed by the bridge."""
        gaps = self.metric("bridge_gap_total", "reason")
        closed = sum(self.metric("bridge_stream_closed_total", f'"{reason}"')
                     for reason in ("fell_behind", "ended", "violated", "refused"))
        if gaps or closed:
            raise Failure(f"the bridge told {gaps:.0f} gaps and closed {closed:.0f} streams")

    def published(self, qos, outcome):
        text = self.ask("/metrics")[1].decode()
        found = re.search(rf'^bridge_publish_total{{(?=[^}}]*qos="{qos}")(?=[^}}]*outcome="{outcome}")'
                          r"[^}]*} (\S+)$", text, re.M)
        return int(float(found.group(1))) if found else 0
