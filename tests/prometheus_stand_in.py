"""A program in the place of Prometheus, which is ready and does nothing else."""

SERVES = """\
#!{python}
import http.server, sys
flags = dict(argument.split("=", 1) for argument in sys.argv[1:])
host, port = flags["--web.listen-address"].split(":")
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/-/ready" else 404)
        self.end_headers()
http.server.HTTPServer((host, int(port)), Ready).serve_forever()
"""
