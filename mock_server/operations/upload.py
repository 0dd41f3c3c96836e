"""POST /v1/files/upload: a file is kept for the account, or the first step that objects says why not."""

from __future__ import annotations

from mock_server.contract.files_document import VIDEO_INPUT
from mock_server.contract.image import read_picture
from mock_server.errors import Refusal, Violation
from mock_server.operations.access import decide, identify
from mock_server.operations.body import take_body
from mock_server.operations.call import Answer, BodyCutOff, Call
from mock_server.operations.files import described, uploaded
from mock_server.operations.form import BadForm, FilePart, Form
from mock_server.operations.refusals import INVALID_PARAMS, base_resp, invalid_params
from mock_server.operations.service import Service
from mock_server.operations.turns import turn
from mock_server.world.rule import Occasion
from mock_server.world.uploads import Upload

# What the first bytes of videos and sounds look like, as (place, bytes).
_MEDIA = (
    (4, b"ftyp"),
    (0, b"\x1a\x45\xdf\xa3"),
    (0, b"ID3"),
    (0, b"\xff\xfb"),
    (0, b"fLaC"),
    (8, b"WAVE"),
    (8, b"AVI "),
)
_VIDEO_INPUTS = "a picture (JPEG, PNG, WebP), a video (MP4, MOV, WebM, AVI) or a sound (MP3, WAV, FLAC)"


def upload(call: Call, service: Service) -> Answer:
    """Keeps an uploaded file. Raises Refusal with 2013; with HTTP 400 for a bad file that a video is to be made from."""
    form = read_form(call, service)
    account = identify(call, service)
    decide(call, account, service, Occasion("upload"))
    if isinstance(form, Violation):
        raise invalid_params([form])
    purpose = check_upload_purpose(form, service)
    part = check_file(form, purpose, service)
    file_id, now = account.new_upload()
    kept = Upload(account, file_id, part.name, purpose, part.content, now)
    service.uploads.put(kept)
    return Answer({"file": described(uploaded(kept), service), "base_resp": base_resp(service.contract, 0)})


def read_form(call: Call, service: Service) -> Form | Violation:
    """The form in the body, or why there is none. Raises Refusal (HTTP 413) for a body over the limit."""
    broken = service.contract.judge.broken
    hint = service.contract.judge.hint("upload-form")
    try:
        raw = take_body(call, service.contract, service.settings.max_body)
        call.unparsed = raw
        with turn(len(raw)):
            call.form = call.parse_form(raw)
    except (BodyCutOff, BadForm) as error:
        return broken(
            "upload-form", pointer="", given=call.headers.get("Content-Type"), hint=f"{hint} What came: {error}."
        )
    call.unparsed = None
    return call.form


def check_upload_purpose(form: Form, service: Service) -> str:
    """Refuses a purpose that is missing or unknown."""
    purpose = form.fields.get("purpose", "")
    listed = service.contract.files.upload_purposes(service.settings.files_form)
    if purpose not in listed:
        raise invalid_params(
            [service.contract.judge.broken("purpose", "upload", pointer="/purpose", given=purpose[:80], allowed=listed)]
        )
    return purpose


def check_file(form: Form, purpose: str, service: Service) -> FilePart:
    """Refuses a file that is missing, empty, too large for the mock, or not what a video can be made from."""
    broken = service.contract.judge.broken
    part = form.files.get("file")
    if part is None:
        given = ", ".join([*form.fields, *form.files])[:80]
        raise invalid_params(
            [broken("upload-form", pointer="/file", given=given, allowed="a part file with a file name")]
        )
    size, most = len(part.content), service.uploads.max_bytes
    violation = None
    if not size:
        violation = broken("upload-empty", pointer="/file", given=0, allowed="at least 1 byte")
    elif size > most:
        violation = broken("upload-bytes", pointer="/file", given=size, allowed=f"at most {most} bytes")
    elif purpose == VIDEO_INPUT and not _is_media(part.content):
        violation = broken("video-input", pointer="/file", given=part.name[:80], allowed=_VIDEO_INPUTS)
    if violation is not None:
        status = 400 if purpose == VIDEO_INPUT else 200
        raise Refusal(INVALID_PARAMS, text=violation.text, violations=(violation,), http_status=status)
    return part


def _is_media(content: bytes) -> bool:
    picture = read_picture(content)
    if picture is not None:
        return picture.width > 0
    return any(content[place : place + len(magic)] == magic for place, magic in _MEDIA)
