"""Amazon's own verification for Python, behind an HTTP door: 200 for what it would let in, 400 for what it would not.

Arguments: port to listen on, address that certificate chains are served at, file of the root to trust. The rules are
ask-sdk-webservice-support's; only where chains come from, and which root is trusted beside the usual ones, is set here.
"""

import posixpath
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse
from urllib.request import urlopen as fetch

# oscrypto 1.3.0 does not find the version of an OpenSSL whose last number has two digits, and refuses to be imported.
ONE_DIGIT, search = r"\b(\d\.\d\.\d[a-z]*)\b", re.search
re.search = lambda pattern, *rest: search(r"\b(\d+\.\d+\.\d+[a-z]*)\b" if pattern == ONE_DIGIT else pattern, *rest)

from ask_sdk_core.serialize import DefaultSerializer  # noqa: E402
from ask_sdk_model import RequestEnvelope  # noqa: E402
from ask_sdk_webservice_support import verifier  # noqa: E402
from asn1crypto import pem, x509  # noqa: E402
from certvalidator import CertificateValidator, ValidationContext  # noqa: E402

re.search = search
port, chains, root_file = sys.argv[1:]


def trusting(end, intermediates):
    with open(root_file, "rb") as file:
        root = x509.Certificate.load(pem.unarmor(file.read())[2])
    return CertificateValidator(end, intermediates, ValidationContext(extra_trust_roots=[root]))


verifier.CertificateValidator = trusting
# From here and not from Amazon; the address itself has been judged by then.
verifier.urlopen = lambda url: fetch(chains + posixpath.normpath(urlparse(url).path))


class Door(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
        # As Amazon's handler does it: the signature, then the timestamp of what was read from the body.
        try:
            verifier.RequestVerifier().verify(dict(self.headers), body, None)
            envelope = DefaultSerializer().deserialize(payload=body, obj_type=RequestEnvelope)
            verifier.TimestampVerifier().verify(dict(self.headers), body, envelope)
            self.answer(200, b'{"version":"1.0","response":{}}')
        except Exception as error:  # noqa: BLE001: whatever is wrong with a request, it is refused
            self.answer(400, repr(error).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(port)), Door)
print("ready", flush=True)
server.serve_forever()
