"""Knows what a ride costs. In Python, without a library: reef calls it over HTTP, as docs/foreign-programs.md says."""

import json
import math
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PLACES = {
    "Harbour": (0.0, 0.0),
    "Library": (1.2, 0.4),
    "Market": (0.6, 1.5),
    "Observatory": (3.1, 2.2),
    "Station": (1.8, 1.1),
}

BASE_CENTS = 250
CENTS_PER_KM = 180


class UnknownPlace(Exception):
    """The typed error `unknown_place` of the contract."""


def quote(ride):
    for place in (ride["from"], ride["to"]):
        if place not in PLACES:
            raise UnknownPlace(place)
    km = round(math.dist(PLACES[ride["from"]], PLACES[ride["to"]]), 1)
    return {"km": km, "cents": BASE_CENTS + round(km * CENTS_PER_KM)}


METHODS = {"/pricing/quote": quote}


class Handler(BaseHTTPRequestHandler):
    # Connections are used for many calls; an answer leaves at once; one that nobody uses is closed.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 5

    def do_POST(self):
        # What comes keeps the contract: whoever calls has checked it.
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = METHODS.get(self.path)
        if method is None:
            return self.problem(501, "urn:reef:problem:unimplemented", f"There is no {self.path}")
        try:
            self.answer(200, "application/json", method(message))
        except UnknownPlace as error:
            (place,) = error.args
            reason = "urn:reef:error:pricing:unknown_place"
            self.problem(404, reason, f"Nobody here knows {place}", {"place": place})

    def problem(self, status, kind, detail, data=None):
        problem = {"type": kind, "status": status, "detail": detail, "maybeExecuted": False}
        self.answer(status, "application/problem+json", {**problem, **({"data": data} if data else {})})

    def answer(self, status, content_type, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """One line for each call is too much."""


class Server(ThreadingHTTPServer):
    # Callers come in bursts; and what was begun is finished before the process ends.
    request_queue_size = 128
    daemon_threads = False


server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"pricing listens on port {server.server_port}")
server.serve_forever()
server.server_close()
