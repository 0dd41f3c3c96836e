"""Names that tell of a secret, and texts without what stands behind such a name."""

from __future__ import annotations

import re

_NAMES = "auth|token|key|secret|cookie|password|signature"
SCHEMES = ("basic", "bearer", "digest", "negotiate", "token")
SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
# The name, perhaps in quotes, a colon or an equals sign, perhaps a scheme, and what follows.
_VALUE = re.compile(
    rf"""((?:{_NAMES})[\w-]{{0,40}}["']?\s{{0,9}}[:=]\s{{0,9}}["']?(?:(?:{"|".join(SCHEMES)})\s{{1,9}})?)[^\s"',;&]+""",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """A text in which nobody can tell names from values for sure; what looks like the value of a secret is left out."""
    return _VALUE.sub(r"\1…", text)
