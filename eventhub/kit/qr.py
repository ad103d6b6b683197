"""QR codes. The library is loaded with the first one that a process draws: it takes more memory than most of ours."""

from typing import Any


def qr_code(text: str, **how: Any) -> Any:
    """A code of ``segno``, medium error correction, to be saved or gone through by its squares."""
    import segno  # noqa: PLC0415 (see above)

    return segno.make(text, error="m", **how)
