"""The address of an endpoint and its key: checked before use, shown without secrets."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tools.errors import BadInput


def checked_key(key: str) -> str:
    """Returns a key without surrounding blanks.

    Raises:
        BadInput: when it cannot be sent in a header.
    """
    key = key.strip()
    if not all("!" <= character <= "~" for character in key):
        raise BadInput(
            "OPENAI_API_KEY holds a blank or a character that cannot be sent.",
            "Copy the key again; it is one word of plain letters, digits and signs.",
        )
    return key


def shown_url(url: str) -> str:
    """Returns a base URL without credentials and query.

    Raises:
        BadInput: when it is no http(s) URL.
    """
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # The value is not repeated: it may hold credentials.
        raise BadInput(
            "OPENAI_BASE_URL is not a URL that begins with http:// or https://.",
            "Write it as in https://host/v1 or http://localhost:8000/v1.",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def is_local(url: str) -> bool:
    """Tells whether a URL names this machine, where servers usually ask for no key."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
