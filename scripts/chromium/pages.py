"""Web servers for the browser test: an empty page of an origin of its own, and TLS in front of a port."""

import http.server
import os
import select
import socket
import ssl
import subprocess
import threading

PAGE = b"<!doctype html><html><title>a page</title><body>a page</body></html>"


class Pages:
    """Serves one empty page for every path; `/cookie` sets the cookie of the bridge with it."""

    def __init__(self, context=None, cookie=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(PAGE)))
                if self.path == "/cookie":
                    self.send_header(
                        "Set-Cookie", f"__Host-bridge={cookie}; Secure; Path=/; SameSite=Lax")
                self.end_headers()
                self.wfile.write(PAGE)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if context else "http"
        self.origin = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Front:
    """TLS on a port of its own, plain bytes to another one: what a gateway is."""

    def __init__(self, context, port):
        self.context, self.port = context, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as near, \
                    socket.create_connection(("127.0.0.1", self.port)) as far:
                while True:
                    # Decrypted bytes that wait inside the TLS connection make no socket readable.
                    ready = [near] if near.pending() else select.select([near, far], [], [])[0]
                    for source, target in ((near, far), (far, near)):
                        if source in ready:
                            data = source.recv(65536)
                            if not data:
                                return
                            target.sendall(data)
        except OSError:
            return

    def close(self):
        self.listener.close()


def tls(scratch):
    """A server context with a certificate that nobody trusts."""
    key, certificate = scratch.file("key.pem"), scratch.file("certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
