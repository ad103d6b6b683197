"""Headers of answers that are saved, not shown."""

import json
from typing import Any
from urllib.parse import quote

from flask import Response

from eventhub.kit.text import safe_file_name


def attachment_headers(name: str) -> dict[str, str]:
    """A download that no browser runs, guesses at or keeps (RFC 6266, SAFETY.md property 22)."""
    name = safe_file_name(name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "").replace("%", "_")
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Disposition": f'attachment; filename="{plain}"{extended}',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def saved_as_json(found: dict[str, Any], name: str) -> Response:
    """Plain values as a file for a person to keep."""
    body = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    return Response(body + "\n", mimetype="application/json", headers=attachment_headers(name))
