"""Keys out of what is written down about a request.

The control API is the one place where keys stand in addresses: `/__mock/accounts/KEY` and `?account=KEY`. Such an address
reaches a log when an answer fails, and when it is mistyped, which makes it an unknown path of the imitated API.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Request

from mock_server.world.journal import redacted

# Mistyped as well, account still begins so.
_ACCOUNT = "ac"
# Everything behind it is taken for the key, since a key may hold a slash.
_KEY_IN_ADDRESS = re.compile(rf"((?:[/?&]|%2F){_ACCOUNT}[^/%=?&]*(?:[/=]|%2F))(.+)", re.IGNORECASE | re.DOTALL)


def redacted_address(address: str) -> str:
    """The path, or the whole address, with the key in it, if there is one, cut to its last characters."""
    return _KEY_IN_ADDRESS.sub(lambda match: match[1] + redacted(match[2]), address)


def names_account(parameter: str) -> bool:
    """Whether the value of a query parameter of that name is a key, going by the name."""
    return parameter.lower().startswith(_ACCOUNT)


def without_keys(text: str, request: Request) -> str:
    """The text with every key that stands in the request's address cut to its last characters."""
    keys = {value for name, values in request.args.lists() if names_account(name) for value in values}
    if match := _KEY_IN_ADDRESS.search(request.path):
        keys |= {match[2], match[2].partition("/")[0], *map(str, (request.view_args or {}).values())}
    # As they are, as Python writes them in a message, and as they stand in an address.
    forms = {form: key for key in keys if key for form in (key, repr(key)[1:-1], quote(key), quote(key, safe=""))}
    if not forms:
        return text
    longest_first = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    # A key of one letter is not looked for inside of words.
    return re.sub(rf"(?<!\w)(?:{longest_first})(?!\w)", lambda match: redacted(forms[match[0]]), text)
