"""Pictures that cases lay into the folder of a client: the good ones of the fixtures, and some that must be refused."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.api import png
from mock_server import resources

# The service takes pictures of less than 20 MB.
_TOO_LARGE = 20_000_000
_LARGE = 3_000_000


def picture(name: str) -> tuple[str, bytes]:
    """The file name and content of a picture. Raises KeyError for a name that is none."""
    fixtures = resources.folder("fixtures") / "images"
    made: dict[str, Callable[[], tuple[str, bytes]]] = {
        "jpeg": lambda: ("cat.jpg", (fixtures / "good.jpg").read_bytes()),
        "png": lambda: ("cat.png", (fixtures / "good.png").read_bytes()),
        "webp": lambda: ("cat.webp", (fixtures / "good.webp").read_bytes()),
        # Large enough that some programs ask first whether they may send it.
        "large": lambda: ("large.jpg", (fixtures / "good.jpg").read_bytes().ljust(_LARGE, b"\0")),
        # Bytes behind the end of a JPEG belong to nothing; these make base64 with both odd letters and two signs of padding.
        "padded": lambda: ("padded.jpg", _padded((fixtures / "good.jpg").read_bytes())),
        # A PNG under a name that says nothing.
        "unnamed": lambda: ("picture", (fixtures / "good.png").read_bytes()),
        "text": lambda: ("notes.txt", b"this is no picture\n" * 100),
        "huge": lambda: ("huge.jpg", (fixtures / "good.jpg").read_bytes().ljust(_TOO_LARGE + 1_000_000, b"\0")),
        "small": lambda: ("small.png", png(300, 400)),
        "wide": lambda: ("wide.png", png(1040, 400)),
    }
    return made[name]()


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % 3) + b"\xfb\xef\xbe\xff\xff\xff" + b"\0"
