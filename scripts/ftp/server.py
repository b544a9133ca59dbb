"""An FTP server as a peer of tests, which wants TLS on both of its channels: pyftpdlib, on a loopback port.

server.py PORT CERTIFICATE FOLDER: the certificate with its key as PEM; the folder of the one user, anna, whose password is
'secret'. Prints a line once it listens.
"""

import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

port, certificate, folder = sys.argv[1:]


class Handler(TLS_FTPHandler):
    authorizer = DummyAuthorizer()
    certfile = certificate
    tls_control_required = True
    tls_data_required = True


Handler.authorizer.add_user("anna", "secret", folder, perm="elradfmwMT")
server = FTPServer(("127.0.0.1", int(port)), Handler)
print("listening", flush=True)
server.serve_forever()
