"""Two OpenAPI documents are compared: what is found, where, and whether it breaks a client."""

from __future__ import annotations

import copy
import os
import random
import re
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.comparison.difference import Difference, told
from mock_server.comparison.differences import differences
from mock_server.comparison.reading import ApiDocument, bundled_names
from mock_server.errors import ContractError
from mock_server.resources import folder
from tests.contract.api_documents import DOCUMENT, changed, page_of, written

ORDER, MADE, HELLO = (f"/components/schemas/{name}" for name in ("Order", "Made", "Hello"))
MAKE = "/paths/~1pictures/post"
NEW_FIELD = {"type": "string"}
BRANCH = f"{ORDER}/allOf/0"
REQUEST, RESPONSE = "POST /pictures  request  ", "POST /pictures  response 200  "


def found(folder: Path, old: Any, new: Any, **options: bool) -> list[Difference]:
    """What is found between two documents that are written to files."""
    return differences(
        ApiDocument(written(folder, "old.json", old)), ApiDocument(written(folder, "new.json", new)), **options
    )


def in_short(difference: Difference) -> str:
    """Sign, what, name, place."""
    sign = "!" if difference.breaking else "-"
    what = f"{difference.what} {difference.name}".strip()
    return f"{sign} {difference.kind} {what} at {difference.place.in_words()}"


# pointer, new value (or none), what is found on the way there, what on the way back.
CHANGES: list[tuple[str, tuple[Any, ...], str, str]] = [
    (
        f"{ORDER}/properties/model/enum", (["a", "b", "c"],),
        f'- added enum value "c" at {REQUEST}model', f'! removed enum value "c" at {REQUEST}model',
    ),
    (
        f"{MADE}/properties/state/enum", (["new", "done", "lost"],),
        f'! added enum value "lost" at {RESPONSE}state', f'- removed enum value "lost" at {RESPONSE}state',
    ),
    (
        f"{ORDER}/properties/model/enum", (),
        f"- removed enum at {REQUEST}model", f"! added enum at {REQUEST}model",
    ),
    (
        f"{ORDER}/properties/length/maximum", (12,),
        f"- changed limit maximum at {REQUEST}length", f"! changed limit maximum at {REQUEST}length",
    ),
    (
        f"{ORDER}/properties/length/minimum", (2,),
        f"! changed limit minimum at {REQUEST}length", f"- changed limit minimum at {REQUEST}length",
    ),
    (
        f"{ORDER}/properties/tags/maxItems", (),
        f"- removed limit maxItems at {REQUEST}tags", f"! added limit maxItems at {REQUEST}tags",
    ),
    (
        f"{ORDER}/properties/tags/items/maxLength", (4,),
        f"! changed limit maxLength at {REQUEST}tags[]", f"- changed limit maxLength at {REQUEST}tags[]",
    ),
    (
        f"{MADE}/properties/id/maxLength", (18,),
        f"! changed limit maxLength at {RESPONSE}id", f"- changed limit maxLength at {RESPONSE}id",
    ),
    (
        f"{ORDER}/properties/length/default", (10,),
        f"! changed default at {REQUEST}length", f"! changed default at {REQUEST}length",
    ),
    (
        f"{ORDER}/properties/length/default", (),
        f"- removed default at {REQUEST}length", f"- added default at {REQUEST}length",
    ),
    (
        f"{ORDER}/properties/call/pattern", ("^wss:",),
        f"! changed pattern at {REQUEST}call", f"! changed pattern at {REQUEST}call",
    ),
    (
        f"{ORDER}/properties/call/format", (),
        f"- removed format at {REQUEST}call", f"! added format at {REQUEST}call",
    ),
    (
        f"{ORDER}/properties/length/type", ("number",),
        f"- changed type at {REQUEST}length", f"! changed type at {REQUEST}length",
    ),
    (
        f"{MADE}/properties/size/type", ("integer",),
        f"- changed type at {RESPONSE}size", f"! changed type at {RESPONSE}size",
    ),
    (
        f"{ORDER}/properties/mood", (NEW_FIELD,),
        f"- added field at {REQUEST}mood", f"! removed field at {REQUEST}mood",
    ),
    (
        f"{MADE}/properties/mood", (NEW_FIELD,),
        f"- added field at {RESPONSE}mood", f"! removed field at {RESPONSE}mood",
    ),
    (
        f"{ORDER}/properties/part/properties", ({"mood": NEW_FIELD},),
        f"- added field at {REQUEST}part.mood", f"! removed field at {REQUEST}part.mood",
    ),
    (
        f"{ORDER}/required", (["model", "length"],),
        f"! added required at {REQUEST}length", f"- removed required at {REQUEST}length",
    ),
    (
        f"{MADE}/required", (["id", "status_code", "state"],),
        f"- added required at {RESPONSE}state", f"! removed required at {RESPONSE}state",
    ),
    (
        f"{ORDER}/additionalProperties", (False,),
        "! added keyword additionalProperties at POST /pictures  request",
        "- removed keyword additionalProperties at POST /pictures  request",
    ),
    (
        f"{BRANCH}/then/properties/length/enum", ([6, 10, 15],),
        f"- added enum value 15 at {REQUEST}length  when model is a, b",
        f"! removed enum value 15 at {REQUEST}length  when model is a, b",
    ),
    (
        f"{BRANCH}/if/properties/model/enum", (["a"],),
        f"- removed enum at {REQUEST}length  when model is b", f"! added enum at {REQUEST}length  when model is b",
    ),
    (
        f"{BRANCH}/else", ({"required": ["call"]},),
        f"! added required at {REQUEST}call  when model is not a, b",
        f"- removed required at {REQUEST}call  when model is not a, b",
    ),
    (
        f"{BRANCH}/then/required", (["call"],),
        f"! added required at {REQUEST}call  when model is a, b",
        f"- removed required at {REQUEST}call  when model is a, b",
    ),
    (
        f"{HELLO}/properties/mood", (NEW_FIELD,),
        "- added field at POST /pictures  callback news  message Hello  mood",
        "! removed field at POST /pictures  callback news  message Hello  mood",
    ),
    (
        f"{MAKE}/callbacks", (),
        "! removed callback at POST /pictures  callback news", "- added callback at POST /pictures  callback news",
    ),
    (
        f"{MAKE}/parameters/-", ({"name": "q", "in": "query", "required": True},),
        "! added required parameter at POST /pictures  query  q", "! removed parameter at POST /pictures  query  q",
    ),
    (
        f"{MAKE}/parameters/1/required", (True,),
        "! added required at POST /pictures  query  page", "- removed required at POST /pictures  query  page",
    ),
    (
        f"{MAKE}/parameters/1/schema/maximum", (5,),
        "! changed limit maximum at POST /pictures  query  page",
        "- changed limit maximum at POST /pictures  query  page",
    ),
    (
        f"{MAKE}/requestBody/required", (True,),
        "! added required at POST /pictures  request", "- removed required at POST /pictures  request",
    ),
    (
        f"{MAKE}/requestBody/content/text~1csv", ({"schema": NEW_FIELD},),
        "- added media type text/csv at POST /pictures  request",
        "! removed media type text/csv at POST /pictures  request",
    ),
    (
        f"{MAKE}/responses/429", ({"description": "later"},),
        "- added response 429 at POST /pictures", "- removed response 429 at POST /pictures",
    ),
    (
        f"{MAKE}/responses/200/headers/X-More", ({"schema": NEW_FIELD},),
        "- added header at POST /pictures  response 200 header  X-More",
        "! removed header at POST /pictures  response 200 header  X-More",
    ),
    (
        f"{MADE}/properties/status_code/description", ("- `0`, all is well\n- `1002`, too many\n- `1039`, too long",),
        "- added code 1039 at POST /pictures  status codes", "- removed code 1039 at POST /pictures  status codes",
    ),
    (
        f"{MAKE}/x-status-codes", ([0, 1002, 2013],),
        "- added code 2013 at POST /pictures  status codes", "- removed code 2013 at POST /pictures  status codes",
    ),
    (
        "/paths/~1pictures/delete", ({"responses": {}},),
        "- added operation at DELETE /pictures", "! removed operation at DELETE /pictures",
    ),
    (
        "/servers/-", ({"url": "https://three.example"},),
        "- added server https://three.example at whole API", "! removed server https://three.example at whole API",
    ),
    (
        "/components/securitySchemes/key/scheme", ("basic",),
        "! changed security at POST /pictures", "! changed security at POST /pictures",
    ),
    (
        "/security", ([],),
        "- removed security at POST /pictures", "! added security at POST /pictures",
    ),
    (
        "/security/0", ({"key": [], "other": []},),
        "! changed security at POST /pictures", "- changed security at POST /pictures",
    ),
    (
        "/security/-", ({},),
        "- changed security at POST /pictures", "! changed security at POST /pictures",
    ),
    (
        f"{ORDER}/properties/model/const", ("a",),
        f'! removed enum value "b" at {REQUEST}model', f'- added enum value "b" at {REQUEST}model',
    ),
    (
        f"{MAKE}/operationId", ("create",),
        "- changed keyword operationId at POST /pictures", "- changed keyword operationId at POST /pictures",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "value", "there", "back"), CHANGES, ids=[f"{c[0]} {c[1]}" for c in CHANGES])
def test_each_change_is_found_both_ways(
    tmp_path: Path, pointer: str, value: tuple[Any, ...], there: str, back: str
) -> None:
    """It is named with its place, and said to break or not; read the other way round it is the opposite."""
    other = changed(pointer, *value)
    assert there in [in_short(each) for each in found(tmp_path, DOCUMENT, other) if each.what != "text"]
    assert back in [in_short(each) for each in found(tmp_path, other, DOCUMENT) if each.what != "text"]


def test_one_change_is_one_difference(tmp_path: Path) -> None:
    """What one edit makes is told once, with its place in the file and both values."""
    new = changed(f"{ORDER}/properties/length/maximum", 8)
    (only,) = found(tmp_path, DOCUMENT, new)
    assert only.as_dict() == {
        "breaking": True, "kind": "changed", "what": "limit", "name": "maximum", "operation": "POST /pictures",
        "part": "request", "field": "length", "when": "", "pointer": f"{ORDER}/properties/length/maximum",
        "old": 10, "new": 8, "reason": "a call that was right may be refused",
    }  # fmt: skip
    assert list(told([only])) == [
        "Breaking for clients: 1", "  changed  limit maximum", "           at POST /pictures  request  length",
        "           10 -> 8", "           a call that was right may be refused", "",
    ]  # fmt: skip


def test_the_breaking_ones_come_first_and_texts_last(tmp_path: Path) -> None:
    """Whatever the order of the documents."""
    new = changed(f"{ORDER}/properties/mood", NEW_FIELD)
    new["info"]["title"] = "Photographs"
    del new["paths"]["/pictures/{id}"]
    assert [in_short(each) for each in found(tmp_path, DOCUMENT, new)] == [
        "! removed operation at GET /pictures/{id}", f"- added field at {REQUEST}mood", "- changed text title at whole API",
    ]  # fmt: skip
    assert [each.what for each in found(tmp_path, DOCUMENT, new, common=True)] == ["field", "text"]


@pytest.mark.parametrize("name", ["new.yaml", "new.json", "new.md"])
def test_the_form_of_a_document_does_not_matter(tmp_path: Path, name: str) -> None:
    """YAML, JSON and a page in Markdown say the same, in any order of keys, enums and required fields."""
    shuffled = reordered(DOCUMENT, random.Random(7))
    old = ApiDocument(written(tmp_path, "old.yaml", DOCUMENT))
    assert differences(old, ApiDocument(written(tmp_path, name, shuffled))) == []


def reordered(value: Any, chance: random.Random) -> Any:
    """The same in another order, where the order means nothing."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: reordered(value[name], chance) for name in names}
    if isinstance(value, list):
        items = [reordered(each, chance) for each in value]
        return items[::-1] if all(isinstance(each, str) for each in items) else items
    return value


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_document_does_not_differ_from_itself(name: str) -> None:
    """By its name and by its path."""
    file = {"image-to-video": "video_generation"}.get(name, name.replace("-", "_"))
    path = folder("openapi") / f"{file}.yaml"
    assert differences(ApiDocument(name), ApiDocument(str(path)), extensions=True) == []


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{ORDER}/properties/part", DOCUMENT["components"]["schemas"]["Part"]),
        (f"{ORDER}/properties/length", {"allOf": [DOCUMENT["components"]["schemas"]["Order"]["properties"]["length"]]}),
        (f"{MADE}/properties/size", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (f"{MADE}/properties/size", {"type": "integer", "nullable": True}),
        (f"{MADE}/properties/state", {"anyOf": [{"enum": ["new"]}, {"const": "done"}]}),
        (f"{ORDER}/properties/length/maximum", 10.0),
        (f"{MAKE}/parameters/0/schema/maxLength", 5),
        (f"{ORDER}/x-order", "any"),
        ("/components/schemas/Unused", {"type": "string"}),
    ],
)
def test_the_same_said_otherwise_is_no_difference(tmp_path: Path, pointer: str, value: Any) -> None:
    """References, `allOf`, forms of null and of enum, 10.0, headers that OpenAPI ignores, and keywords that begin with x-."""
    other = changed(pointer, value)
    assert [in_short(each) for each in found(tmp_path, DOCUMENT, other)] == []
    assert [in_short(each) for each in found(tmp_path, other, DOCUMENT)] == []


def test_own_keywords_are_compared_when_asked(tmp_path: Path) -> None:
    """Those of schemas and of operations."""
    new = changed(f"{MAKE}/x-speed", 3, document=changed(f"{ORDER}/x-order", "any"))
    shown = [in_short(each) for each in found(tmp_path, DOCUMENT, new, extensions=True)]
    assert shown == [
        "- added keyword x-speed at POST /pictures",
        "- added keyword x-order at POST /pictures  request",
    ]


def test_what_a_new_value_brings_along_breaks_nobody(tmp_path: Path) -> None:
    """The conditions of a model that is new bind no client of today; those of one that is gone need no mention."""
    new = changed(f"{ORDER}/properties/model/enum", ["a", "b", "c"])
    new["components"]["schemas"]["Order"]["allOf"] += [
        {"if": {"properties": {"model": {"const": "c"}}}, "then": {"properties": {"length": {"const": 6}}}}
    ]
    assert [in_short(each) for each in found(tmp_path, DOCUMENT, new)] == [
        f'- added enum value "c" at {REQUEST}model', f"- added enum at {REQUEST}length  when model is c",
    ]  # fmt: skip
    assert [in_short(each) for each in found(tmp_path, new, DOCUMENT)] == [
        f'! removed enum value "c" at {REQUEST}model'
    ]


def test_a_field_that_contains_itself_is_compared_once(tmp_path: Path) -> None:
    """A cycle of references ends; a change in it is told where it is first met."""
    new = changed("/components/schemas/Part/properties/name/type", "integer")
    assert [in_short(each) for each in found(tmp_path, DOCUMENT, new)] == [f"! changed type at {REQUEST}part.name"]


def test_schemas_that_all_contain_each_other_are_compared(tmp_path: Path) -> None:
    """However many ways lead through them: equal ones are equal, and a change is told where it is fewest steps away."""
    names = [f"S{number}" for number in range(12)]
    old = changed(f"{ORDER}/properties/part", {"$ref": "#/components/schemas/S0"})
    old["components"]["schemas"]["Order"]["properties"]["other"] = {"$ref": "#/components/schemas/S11"}
    fields = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    old["components"]["schemas"] |= {name: {"properties": {**fields, "x": {"type": name}}} for name in names}
    assert found(tmp_path, old, copy.deepcopy(old)) == []
    new = changed("/components/schemas/S11/properties/x/type", "string", document=old)
    assert [in_short(each) for each in found(tmp_path, old, new)] == [
        f"! changed type at {REQUEST}{field}" for field in ("part.S11.x", "other.x")
    ]


def test_equal_schemas_are_equal_at_once(tmp_path: Path) -> None:
    """Also where references double forty times, or list the codes of an answer eight times eight times."""
    twice = copy.deepcopy(DOCUMENT)
    below = [{"$ref": f"#/components/schemas/D{level}"} for level in range(41)]
    twice["components"]["schemas"] |= {
        f"D{level}": {"properties": {"a": below[level + 1], "b": below[level + 1]}, "allOf": [below[level + 1]] * 8}
        for level in range(40)
    }
    twice["components"]["schemas"] |= {"D40": {"type": "string"}, "Order": below[0], "Made": below[0]}
    assert found(tmp_path, twice, copy.deepcopy(twice)) == []


def test_a_condition_that_came_is_not_taken_for_the_one_that_went(tmp_path: Path) -> None:
    """Both stand at the same place."""
    old, new = (
        changed(f"{ORDER}/if", {"properties": {"length": {"const": length}}, "required": ["length"]})
        for length in (6, 10)
    )
    for document in (old, new):
        document["components"]["schemas"]["Order"]["then"] = {"required": ["call"]}
    assert [in_short(each) for each in found(tmp_path, old, new)] == [
        f"! added required at {REQUEST}call  when length is 10",
        f"- removed required at {REQUEST}call  when length is 6",
    ]


def test_references_into_other_files_are_followed(tmp_path: Path) -> None:
    """The place of a difference names the other file."""
    parts = {"type": "array", "items": {"$ref": "#/Part"}}
    shared: dict[str, Any] = {"Part": {"type": "object", "properties": {"name": {"type": "string"}, "parts": parts}}}
    written(tmp_path, "shared.yaml", shared)
    same = changed(f"{ORDER}/properties/part", {"$ref": "shared.yaml#/Part"})
    assert found(tmp_path, DOCUMENT, same) == []
    shared["Part"]["properties"]["name"] = {"type": "integer"}
    written(tmp_path, "shared.yaml", shared)
    (only,) = found(tmp_path, DOCUMENT, same)
    assert (in_short(only), only.pointer) == (
        f"! changed type at {REQUEST}part.name", "shared.yaml#/Part/properties/name/type",
    )  # fmt: skip


def test_a_new_form_of_an_answer_breaks_who_reads_it(tmp_path: Path) -> None:
    """An alternative more in a message is one that a receiver does not know."""
    place = f"{MAKE}/callbacks/news/{{$request.body#~1call}}/post/requestBody/content/application~1json/schema/anyOf/-"
    new = changed(place, {"title": "Goodbye", "type": "object", "properties": {"bye": NEW_FIELD}})
    assert [in_short(each) for each in found(tmp_path, DOCUMENT, new)] == [
        "! added form Goodbye at POST /pictures  callback news  message"
    ]
    assert [in_short(each) for each in found(tmp_path, new, DOCUMENT)] == [
        "- removed form Goodbye at POST /pictures  callback news  message"
    ]


# Ten aliases of ten aliases, and so on.
ALIASES = "x0: &a0 [{}]\n" + "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
BROKEN: list[tuple[str, str, str]] = [
    ("twice.yaml", "openapi: 3.1.0\npaths: {}\npaths: {}\n", ":3: the key 'paths' stands twice"),
    ("half.json", '{"openapi": "3.1.0",\n', ":2: "),
    ("old.yaml", "swagger: '2.0'\npaths: {}\n", "no OpenAPI document"),
    ("page.html", "<html>openapi: 3</html>", "no OpenAPI document"),
    ("empty.yaml", "", "no OpenAPI document"),
    ("list.yaml", "- openapi: 3.1.0\n", "no OpenAPI document"),
    ("page.md", "# Pictures\n\n```python\nprint()\n```\n", "no OpenAPI document"),
    ("two.md", page_of({"openapi": "3.1.0"}) + "\n\n" + page_of({"openapi": "3.1.0"}), "2 fenced blocks"),
    ("line.md", "# Page\n\n```yaml\nopenapi: 3.1.0\npaths: [\n```\n", ":6: "),
    ("self.yaml", "openapi: 3.1.0\npaths: &a {/x: *a}\n", "inside of what it means"),
    ("deep.json", '{"openapi": "3.1.0", "x": ' + "[" * 100_000, "nested too deeply"),
    ("deep.yaml", "openapi: 3.1.0\nx: " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
    ("digits.json", '{"openapi": "3.1.0", "x": ' + "9" * 5000 + "}", "a number of more than 4300 digits"),
    (
        "bomb.yaml",
        f"openapi: 3.1.0\n{ALIASES}paths: {{/a: {{get: {{description: *a9}}}}}}\n",
        "more than 500000 values",
    ),
    ("merge.yaml", f"openapi: 3.1.0\n{ALIASES.replace('[', '{<<: [').replace(']', ']}')}", "more than 500000 values"),
    (
        "word.yaml",
        "openapi: 3.1.0\nx: &a " + "a" * 100_000 + "\ny: [" + "*a ," * 999 + "]\n",
        "more than 500000 values",
    ),
    ("wide.json", '{"openapi": "3.1.0", "x": [' + "0," * 500_000 + "0]}", "more than 500000 values"),
    ("large.yaml", "openapi: 3.1.0\n#" + "a" * 20_000_000, "larger than 20 MB"),
    ("fences.md", "~~~yaml\nx\n" * 200_000, "no OpenAPI document"),
    ("open.md", "```yaml\nopenapi: 3.1.0\n", ":1: "),
    ("code.yaml", "openapi: 3.1.0\ninfo: {title: \x07}\n", ":2: the character"),
]


@pytest.mark.parametrize(("name", "text", "words"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    """In one line, with the line of the file where there is one."""
    path = written(tmp_path, name, text)
    with pytest.raises(ContractError) as caught:
        ApiDocument(path)
    message = str(caught.value)
    assert message.startswith(path)
    assert words in message
    assert "\n" not in message


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A device or a pipe may never end, be it named or referred to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (str(pipe), "/dev/zero", "/dev/full"):
        with pytest.raises(ContractError, match=f"{name}: it is no regular file"):
            ApiDocument(name)
        new = changed(f"{MAKE}/responses/200", {"$ref": Path(name).as_uri()})
        with pytest.raises(ContractError, match="a file that is not there"):
            found(tmp_path, DOCUMENT, new)


def test_numbers_that_json_cannot_hold_are_compared_as_text(tmp_path: Path) -> None:
    """Infinity, and more digits than can be written."""
    old = ApiDocument(written(tmp_path, "old.json", DOCUMENT))
    page = yaml.safe_dump(changed(f"{MAKE}/operationId", "VALUE"))
    for value, told_as in (("0x" + "f" * 5000, "0x" + "f" * 5000), (".inf", "inf")):
        (only,) = differences(old, ApiDocument(written(tmp_path, "new.yaml", page.replace("VALUE", value))))
        assert only.new == told_as


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("#/components/schemas/Nobody", "leads nowhere"),
        ("missing.yaml#/Part", "a file that is not there"),
        ("https://one.example/api.yaml", "only files are"),
        (7, "leads nowhere"),
        ("#nobody", "leads nowhere"),
        ("http://[", "is no address"),
        ("#/components/responses/Circle", "refers to itself"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_named(tmp_path: Path, reference: object, words: str) -> None:
    """With its place."""
    new = changed(f"{MAKE}/responses/200", {"$ref": reference})
    new["components"]["responses"] = {"Circle": {"$ref": "#/components/responses/Circle"}}
    with pytest.raises(ContractError, match=f"{words} .*\\(at /") as caught:
        found(tmp_path, DOCUMENT, new)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/paths", "a mapping"),
        ("/servers", "a list"),
        ("/security", "a list"),
        ("/paths/~1pictures", r"a mapping \(path\)"),
        (MAKE, r"a mapping \(operation\)"),
        (f"{MAKE}/parameters", "a list"),
        (f"{MAKE}/parameters/1", r"a mapping \(parameter\)"),
        (f"{MAKE}/parameters/1/schema", r"a mapping \(schema\)"),
        (f"{MAKE}/parameters/0/required", "true or false"),
        (f"{MAKE}/requestBody", r"a mapping \(body\)"),
        (f"{MAKE}/requestBody/content", "a mapping"),
        (f"{MAKE}/responses", "a mapping"),
        (f"{MAKE}/responses/200", r"a mapping \(response\)"),
        (f"{MAKE}/responses/200/headers", "a mapping"),
        (f"{MAKE}/callbacks", "a mapping"),
        (f"{MAKE}/callbacks/news", "a mapping"),
        (ORDER, r"a mapping \(schema\)"),
        (f"{ORDER}/type", "a text or list of texts"),
        (f"{ORDER}/allOf", "a list"),
        (f"{ORDER}/required", "a list"),
        (f"{ORDER}/required/0", "a text"),
        (f"{ORDER}/properties", "a mapping"),
        (f"{ORDER}/properties/model", r"a mapping \(schema\)"),
        (f"{ORDER}/properties/model/enum", "a list"),
        (f"{ORDER}/properties/tags/items", r"a mapping \(schema\)"),
    ],
)
def test_a_part_of_another_shape_is_named(tmp_path: Path, pointer: str, words: str) -> None:
    """It does not count as empty, on either side; a value that is null does."""
    broken = changed(pointer, 5)
    for old, new, name in ((DOCUMENT, broken, "new"), (broken, DOCUMENT, "old")):
        with pytest.raises(ContractError, match=f"{name}.json: expected {words}, not 5 \\(at {re.escape(pointer)}\\)$"):
            found(tmp_path, old, new)
    found(tmp_path, DOCUMENT, changed(pointer, None))


def test_a_parameter_has_a_name(tmp_path: Path) -> None:
    """One without is named by its place."""
    with pytest.raises(ContractError, match=f"parameter without 'name' \\(at {MAKE}/parameters/1\\)$"):
        found(tmp_path, DOCUMENT, changed(f"{MAKE}/parameters/1/name"))
    with pytest.raises(ContractError, match=f"expected a text, not true \\(at {MAKE}/parameters/1/in\\)$"):
        found(tmp_path, DOCUMENT, changed(f"{MAKE}/parameters/1/in", True))


def test_what_is_not_read_may_have_any_shape(tmp_path: Path) -> None:
    """Keywords of others, and components that nothing refers to."""
    new = copy.deepcopy(DOCUMENT)
    new["paths"]["x-more"] = new["components"]["schemas"]["Unused"] = new["tags"] = new["components"]["examples"] = 5
    new["paths"]["/pictures"]["post"]["responses"]["x-more"] = 5
    new["paths"]["x-call"] = {"get": {}}
    assert found(tmp_path, DOCUMENT, new, extensions=False) == []


def test_references_in_a_circle_are_named(tmp_path: Path) -> None:
    """Also two schemas with nothing between them, which would count as empty; and a chain of them ends somewhere."""
    circle = changed(f"{ORDER}/properties/part", {"$ref": "#/components/schemas/C0"})
    to = [{"$ref": f"#/components/schemas/C{number}"} for number in range(200)]
    circle["components"]["schemas"] |= {"C0": to[1], "C1": to[0]}
    with pytest.raises(ContractError, match=r"new.json: \$ref .* refers to itself \(at /components/schemas/C"):
        found(tmp_path, DOCUMENT, circle)
    circle["components"]["schemas"] |= {f"C{number}": to[number + 1] for number in range(199)} | {"C199": {}}
    with pytest.raises(ContractError, match=r"new.json: more than 100 \$ref lead to each other"):
        found(tmp_path, DOCUMENT, circle)


def test_documents_that_are_built_to_be_unwieldy_end(tmp_path: Path) -> None:
    """References that double forty times, and fields in fields, are given up with one line."""
    doubling = copy.deepcopy(DOCUMENT)
    schemas = doubling["components"]["schemas"]
    for level in range(40):
        below = {"$ref": f"#/components/schemas/D{level + 1}"}
        schemas[f"D{level}"] = {"properties": {"a": below, "b": below}}
    schemas["D40"] = {"type": "string"}
    schemas["Order"] = {"$ref": "#/components/schemas/D0"}
    other = changed("/components/schemas/D40/type", "integer", document=doubling)
    with pytest.raises(ContractError, match="schemas to compare"):
        found(tmp_path, doubling, other)
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(250):
        deep = {"properties": {"a": deep}}
    nested = changed(f"{ORDER}/properties/part", deep)
    with pytest.raises(ContractError, match="nested too deeply"):
        found(tmp_path, nested, nested)


def test_more_than_a_person_reads_is_given_up(tmp_path: Path) -> None:
    """Values and forms by the ten thousand; a condition on so many values is told as it stands."""
    pointer = f"{ORDER}/properties/model/enum"
    with pytest.raises(ContractError, match="more than 20000 differences"):
        found(tmp_path, changed(pointer, [*range(15_000)]), changed(pointer, [*range(15_000, 30_000)]))
    forms: list[Any] = [{"anyOf": [{"properties": {f"{name}{n}": {}}} for n in range(500)]} for name in "ab"]
    with pytest.raises(ContractError, match=r"new.json: too many forms"):
        found(tmp_path, *(changed(f"{ORDER}/properties/part", form) for form in forms))
    old = changed(f"{BRANCH}/if/properties/model/enum", [f"v{n}" for n in range(3000)])
    old["components"]["schemas"]["Order"]["properties"]["model"] = {}
    new = changed(f"{BRANCH}/then/properties/length/enum", [6], document=old)
    (only,) = found(tmp_path, old, new)
    assert only.place.condition().startswith('{"properties": {"model": {"enum": ["v0", "v1"')


def test_odd_documents_end_in_differences_or_one_line(tmp_path: Path) -> None:
    """Whatever stands where OpenAPI wants something else."""
    old = ApiDocument(written(tmp_path, "old.json", DOCUMENT))
    ends: set[bool | str] = set()
    odds: list[Any] = [None, 7, "x", [7], {"x": 7}, [[]]]
    # Each place with one of them, neighbours with another one.
    for pointer, odd in zip(pointers_of(DOCUMENT, ""), cycle(odds), strict=False):
        try:
            ends.add(bool(differences(old, ApiDocument(written(tmp_path, "new.json", changed(pointer, odd))))))
        except ContractError as error:
            assert "\n" not in str(error)
            ends.add("one line")
    assert ends == {True, "one line"}


def pointers_of(value: Any, pointer: str) -> list[str]:
    """Every place of a document."""
    names = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    below = [(value[name], f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}") for name in names]
    return [each for inner, place in below for each in (place, *pointers_of(inner, place))]


def test_forms_that_have_nothing_in_common_are_not_compared(tmp_path: Path) -> None:
    """One is gone and another has come."""
    place = f"{MAKE}/callbacks/news/{{$request.body#~1call}}/post/requestBody/content/application~1json/schema/anyOf/0"
    where = "at POST /pictures  callback news  message"
    assert [in_short(each) for each in found(tmp_path, DOCUMENT, changed(place, {"type": "string"}))] == [
        f"! added form string {where}", f"- removed form Hello {where}",
    ]  # fmt: skip


def test_what_a_condition_repeats_is_told_once(tmp_path: Path) -> None:
    """A schema that stands in an answer, and under a condition again, has changed once."""
    old = changed(f"{MADE}/properties/part", {"$ref": "#/components/schemas/Part"})
    condition = {"required": ["status_code"], "properties": {"status_code": {"const": 0}}}
    old["components"]["schemas"]["Made"] |= {"if": condition, "then": {"properties": {"part": {"required": ["name"]}}}}
    del old["paths"]["/pictures"]["post"]["callbacks"], old["paths"]["/pictures"]["post"]["requestBody"]
    new = changed("/components/schemas/Part/properties/name", document=old)
    new["components"]["schemas"]["Made"]["then"] = {}
    assert [in_short(each) for each in found(tmp_path, old, new)] == [f"! removed field at {RESPONSE}part.name"]


def test_long_texts_are_shown_from_where_they_part(tmp_path: Path) -> None:
    """A limit at the end of a long description is seen."""
    place = f"{ORDER}/properties/model/description"
    old, new = (changed(place, "word " * 90 + f"up to {limit} characters") for limit in (2000, 1500))
    lines = list(told(found(tmp_path, old, new)))
    assert lines[3].endswith("up to 2000 characters -> …ord word word word word up to 1500 characters")
