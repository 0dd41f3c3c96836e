"""The OpenAPI document of the calls about files: purposes that are listed, and parameters that are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mock_server.contract.yaml_file import read_yaml
from mock_server.errors import ContractError

CONTENT_PATH = "/v1/files/retrieve_content"
LIST_PATH = "/v1/files/list"
UPLOAD_PATH = "/v1/files/upload"
DELETE_PATH = "/v1/files/delete"
# A file with it that is bad is refused with HTTP 400 (documented).
VIDEO_INPUT = "video_generation_input"
_METHODS = {CONTENT_PATH: "get", LIST_PATH: "get", UPLOAD_PATH: "post", DELETE_PATH: "post"}


class FilesDocument:
    """What `openapi/files.yaml` says. Raises ContractError for one that lacks an operation of the mock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: Any = read_yaml(path)
        for wanted in _METHODS:
            if wanted not in self.data.get("paths", {}):
                raise ContractError(f"{path}: the path {wanted} is missing")
        schemas = self.data["components"]["schemas"]
        self._upload_purpose = schemas["FileUploadReq"]["properties"]["purpose"]
        self._observed_alone: list[str] = self._upload_purpose["x-observed"]
        self.delete_purposes: list[str] = schemas["FileDeleteReq"]["properties"]["purpose"]["enum"]
        (purpose,) = self.data["paths"][LIST_PATH]["get"]["parameters"]
        self.list_purposes: list[str] = purpose["schema"]["enum"]

    def upload_purposes(self, form: str) -> list[str]:
        """What an upload can be for; in the documented form without what was observed alone."""
        every: list[str] = self._upload_purpose["enum"]
        return every if form == "observed" else [each for each in every if each not in self._observed_alone]

    def parameters(self, path: str) -> list[str]:
        """The names of the query parameters of the operation of a path."""
        operation = self.data["paths"][path][_METHODS[path]]
        return [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
