"""Answers that are kept as a file: of the right kind, under a name that cannot break out of its header."""

from io import BytesIO

from flask import Response, send_file


def attachment(body: bytes, media_type: str, name: str) -> Response:
    """Return the body as a download called `name`, whatever letters are in it (RFC 6266), kept by nobody between."""
    answer = send_file(
        BytesIO(body),
        mimetype=media_type,
        as_attachment=True,
        download_name=name.replace("/", "-").replace("\\", "-"),
        conditional=False,
        etag=False,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
