"""Headers of answers that are saved, not shown."""

from urllib.parse import quote

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
