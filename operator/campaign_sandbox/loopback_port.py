"""A free port on the loopback interface for a server that another program opens.

Owns that nobody else gets the port between the moment it is found free and the moment the server listens, nor while
the server is being restarted: two sandboxes started side by side do race for it, and so does every client that keeps
trying to reach a stopped server, whose own side of a connection may be given that very port.
"""

import socket
import sys

LOOPBACK = "127.0.0.1"


class LoopbackPort:
    """A port that is ours until it is released.

    On Linux it stays bound, without listening, while a server that binds with SO_REUSEPORT can listen on it.
    Which of two sockets gets a connection elsewhere is not known to us, so there it is found free and let go.
    """

    def __init__(self) -> None:
        """Take a free port. Raises OSError if there is none."""
        self._held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform == "linux":
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind((LOOPBACK, 0))
        self.number: int = self._held.getsockname()[1]
        if sys.platform != "linux":
            self._held.close()

    def release(self) -> None:
        """Let others have it."""
        self._held.close()
