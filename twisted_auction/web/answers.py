"""Answers to requests: the parts of HTTP for all resources."""

from http import HTTPStatus
from string import Template

from twisted_auction.web.files import Content
from twisted_auction.web.requests import SmallRequest

REVALIDATE = "no-cache"
"""``Cache-Control`` of a file that may change: a browser keeps it, and asks each time whether it is
still the same."""

NEVER_KEPT = "no-store"
"""``Cache-Control`` of an answer for one person, or of an instant."""

PROBLEM = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/style.css">
<link rel="stylesheet" href="/static/problem.css">
</head>
<body>
<main class="problem">
<h1>$title</h1>
<p>$advice</p>
<p><a href="/">The rooms</a></p>
</main>
</body>
</html>
""")
"""The page of a problem. Its texts are the server's own."""


def send(request: SmallRequest, content: Content, cache: str = REVALIDATE) -> bytes:
    """Answer with a content, unless the browser has the same already.

    :param cache: the value of ``Cache-Control``.
    :return: the body, for a resource to return.
    """
    request.setHeader(b"Content-Type", content.media_type.encode("ascii"))
    request.setHeader(b"Cache-Control", cache.encode("ascii"))
    data = content.data
    if content.compressed is not None:
        request.setHeader(b"Vary", b"Accept-Encoding")
        if _accepts_gzip(request):
            request.setHeader(b"Content-Encoding", b"gzip")
            data = content.compressed
    if cache != NEVER_KEPT:
        # A weak one: the compressed and the plain bytes are the same content.
        request.setHeader(b"ETag", b"W/" + content.etag.encode("ascii"))
        if has_same(request, content.etag):
            request.setResponseCode(HTTPStatus.NOT_MODIFIED.value)
            return b""
    return body(request, data)


def has_same(request: SmallRequest, etag: str) -> bool:
    """True if the browser has the content with this ETag. Compressing proxies make the
    ETag a weak one, so both kinds are the same here."""
    fields = request.requestHeaders.getRawHeaders("If-None-Match", [])
    tags = {tag.strip().removeprefix("W/") for field in fields for tag in field.split(",")}
    return not tags.isdisjoint({etag, "*"})


def send_text(request: SmallRequest, text: str, status: HTTPStatus = HTTPStatus.OK) -> bytes:
    """Answer with a plain text of this instant."""
    request.setResponseCode(status.value, status.phrase.encode("ascii"))
    request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
    request.setHeader(b"Cache-Control", NEVER_KEPT.encode("ascii"))
    return body(request, text.encode("utf-8"))


def send_problem(request: SmallRequest, status: HTTPStatus, title: str, advice: str) -> bytes:
    """Answer with a page about a problem, with advice.

    :param title: one sentence.
    :param advice: more sentences.
    """
    request.setResponseCode(status.value)
    request.setHeader(b"Cache-Control", NEVER_KEPT.encode("ascii"))
    return body(request, PROBLEM.substitute(title=title, advice=advice).encode("utf-8"))


def redirect(request: SmallRequest, path: str) -> bytes:
    """Send the browser to another page of this site, by GET."""
    request.setResponseCode(HTTPStatus.SEE_OTHER.value)
    request.setHeader(b"Location", path.encode("ascii"))
    request.setHeader(b"Cache-Control", NEVER_KEPT.encode("ascii"))
    return body(request, b"")


def body(request: SmallRequest, data: bytes) -> bytes:
    """The body of an answer, empty for HEAD; its length is told for both."""
    request.setHeader(b"Content-Length", b"%d" % len(data))
    return b"" if request.method == b"HEAD" else data


def _accepts_gzip(request: SmallRequest) -> bool:
    fields = request.requestHeaders.getRawHeaders("Accept-Encoding", [])
    codings = [coding.strip().lower() for field in fields for coding in field.split(",")]
    return "gzip" in codings  # one with a weight, such as gzip;q=0, is not used
