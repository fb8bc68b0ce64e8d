"""An intent of a Voicecart skill, answered in Python: standard library only.

webhooks.toml beside model.json names this service:

    [OpeningHoursIntent]
    url = "http://127.0.0.1:9000/"
    secret_env = "HOURS_SECRET"

Run it with the same secret: HOURS_SECRET=... python3 opening_hours.py 9000
"""

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["HOURS_SECRET"].encode()
HOURS = {"saturday": "from ten to four", "sunday": "not at all"}


def signed_by_voicecart(header, body):
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    made = hmac.new(SECRET, parts.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
    # Five minutes: an old request that somebody recorded is worth nothing.
    fresh = parts.get("t", "").isdigit() and abs(time.time() - int(parts["t"])) < 300
    return fresh and hmac.compare_digest(made, parts.get("v1", ""))


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not signed_by_voicecart(self.headers.get("Voicecart-Signature", ""), body):
            self.answer(401, {"error": "not signed"})
            return
        slots = {slot["name"]: slot["value"] for slot in json.loads(body)["slots"]}
        day = slots.get("Day", "monday").lower()
        speech = f"On {day.capitalize()} we are open {HOURS.get(day, 'from nine to six')}. Is there anything else?"
        self.answer(200, {"speech": speech, "reprompt": "What else would you like?"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service)
    print("ready", flush=True)
    server.serve_forever()
