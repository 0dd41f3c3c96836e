"""The floor: what a bare Flask view costs that returns a constant, on the server of the mock, with the same routes.

`python -m benchmarks.floor PORT` serves it until it is ended. It reads no body, checks nothing and remembers nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from flask import Flask, Response

from benchmarks.exchanges import EXAMPLE_FILE, EXAMPLE_TASK
from mock_server.serving.wsgi_server import WsgiServer
from mock_server.settings import Settings

_WELL = b'"base_resp":{"status_code":0,"status_msg":"success"}}'
_CREATED = b'{"task_id":"%s",%s' % (EXAMPLE_TASK.encode(), _WELL)
_STATE = b'{"task_id":"%s","status":"Success","file_id":"%s","video_width":1920,"video_height":1080,%s' % (
    EXAMPLE_TASK.encode(), EXAMPLE_FILE.encode(), _WELL,
)  # fmt: skip
_FILE = b'{"file":{"file_id":%s,"bytes":0,"download_url":"/video.mp4"},%s' % (EXAMPLE_FILE.encode(), _WELL)
_VIDEO = bytes(20_000)


def application() -> Flask:
    """Four routes, four constants."""
    app = Flask("floor")
    constants = {
        ("POST", "/v1/video_generation"): (_CREATED, "application/json"),
        ("GET", "/v1/query/video_generation"): (_STATE, "application/json"),
        ("GET", "/v1/files/retrieve"): (_FILE, "application/json"),
        ("GET", "/video.mp4"): (_VIDEO, "video/mp4"),
    }
    for (method, path), (content, kind) in constants.items():
        app.add_url_rule(path, path, _view(content, kind), methods=[method])
    return app


def _view(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, mimetype=kind)


def main() -> None:
    """Serves."""
    logging.disable()
    server = WsgiServer(application(), "127.0.0.1", int(sys.argv[1]), threads=Settings().threads)
    server.listen()
    server.serve()


if __name__ == "__main__":
    main()
