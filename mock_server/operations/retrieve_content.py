"""GET /v1/files/retrieve_content: the bytes of a file themselves, with the key."""

from __future__ import annotations

from mock_server.operations.call import Call
from mock_server.operations.download import Download, delivered
from mock_server.operations.files import asked_for
from mock_server.operations.service import Service


def retrieve_content(call: Call, service: Service) -> Download:
    """Gives the content of a file of the caller's own account. Raises Refusal for any other."""
    _, file = asked_for(call, service)
    return delivered(file, call)
