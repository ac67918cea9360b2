"""The addresses of the site."""

import gzip
import json
import re
from urllib.parse import urljoin

from tests.web.support import Browser, SiteTestCase, needs_web, paddles
from twisted_auction.house.people import People
from twisted_auction.web.files import FOLDER, read_files

CODE = "K7QM-2X9T-P4HC"


@needs_web
class FileTests(SiteTestCase):
    def test_every_file(self) -> None:
        for name, content in read_files().items():
            answer = self.ask(f"GET /static/{name}")
            self.assertEqual(answer.status, 200, name)
            self.assertEqual(answer.body, content.data)
            self.assertEqual(answer.fields["content-type"], content.media_type)
            self.assertEqual(answer.fields["cache-control"], "no-cache")
            self.assertEqual(answer.fields["content-length"], str(len(content.data)))

    def test_pages(self) -> None:
        """Each has its file; that of a room is served for any name of a room."""
        for path, name in (
            ("/", "rooms.html"),
            ("/desk", "desk.html"),
            ("/room/hall-2", "bid.html"),
            ("/room/hall-2/wall", "wall.html"),
            ("/manifest.webmanifest", "manifest.webmanifest"),
        ):
            self.assertEqual(self.ask(f"GET {path}").body, read_files()[name].data)

    def test_not_modified(self) -> None:
        tag = self.ask("GET /robots.txt").fields["etag"]
        strong = tag.removeprefix("W/")
        for value in (tag, strong, f'"other", {strong}', "*"):
            answer = self.ask("GET /robots.txt", f"If-None-Match: {value}")
            self.assertEqual((answer.status, answer.body), (304, b""), value)
            self.assertEqual(answer.fields["etag"], tag)
        self.assertEqual(self.ask("GET /robots.txt", 'If-None-Match: "other"').status, 200)

    def test_compressed(self) -> None:
        plain = self.ask("GET /protocol.json")
        answer = self.ask("GET /protocol.json", "Accept-Encoding: br, gzip")
        self.assertEqual(answer.fields["content-encoding"], "gzip")
        self.assertEqual(answer.fields["vary"], "Accept-Encoding")
        self.assertEqual(gzip.decompress(answer.body), plain.body)
        self.assertLess(len(answer.body), len(plain.body) / 4)
        self.assertEqual(json.loads(plain.body)["type"], "array")

    def test_weight(self) -> None:
        """The first visit to a page takes at most 60 kB, header fields included."""
        for page in ("/", "/room/main", "/room/main/wall", "/desk"):
            waiting, weights = [page], dict[str, int]()
            while waiting:
                path = waiting.pop()
                if path in weights:
                    continue
                request = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
                weights[path] = len(Browser(self.site).send(request.encode()))
                text = self.ask(f"GET {path}").text
                waiting += re.findall(r'(?:src|href)="(/[^"]*\.[a-z]+)"', text)
                waiting += [
                    urljoin(path, name) for name in re.findall(r'from "(\.[^"]+\.js)"', text)
                ]
            self.assertGreater(len(weights), 15, page)
            self.assertLess(sum(weights.values()), 60_000, page)

    def test_comments(self) -> None:
        """Scripts come without comments that have lines of their own. Each other line stays, under
        its number."""
        for name, content in read_files().items():
            if not name.endswith(".js"):
                continue
            source = (FOLDER / name).read_text(encoding="utf-8").splitlines()
            served = content.data.decode().splitlines()
            left_out = [
                here for here, there in zip(source, served, strict=True) if here != there != ""
            ]
            self.assertEqual(left_out, [], name)
            kept = [line for line in served if re.match(r"\s*(//|\*|/\*\*(?!.*\*/ *\S))", line)]
            self.assertEqual(kept, [], name)
            code = [line for line in source if re.match(r"\s*[^/*\s]", line)]
            self.assertEqual([line for line in served if line in code], code, name)

    def test_head(self) -> None:
        answer = self.ask("HEAD /robots.txt")
        self.assertEqual((answer.status, answer.body), (200, b""))
        length = str(len(read_files()["robots.txt"].data))
        self.assertEqual(answer.fields["content-length"], length)

    def test_nothing_else(self) -> None:
        """No path leads out of the folder, and none is listed."""
        for path in (
            "/static/",
            "/static",
            "/static/texts",
            "/static/../site.py",
            "/static/%2e%2e/site.py",
            "/static/robots.txt%00",
            "/static/%00",
            "/static//robots.txt",
            "/static/robots.txt/",
            "/%ff",
            "//",
            "/room/",
            "/room/a%20b",
            "/room/a/wall/",
            "/room/" + "a" * 33,
            "/live",
        ):
            answer = self.ask(f"GET {path}")
            self.assertEqual(answer.status, 404, path)
            self.assertIn("There is no such page.", answer.text)
            self.assertIn("text/html", answer.fields["content-type"])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_method(self) -> None:
        for method in ("POST", "PUT", "OPTIONS", "BREW"):
            answer = self.ask(f"{method} /")
            self.assertEqual(answer.status, 405)
            self.assertEqual(answer.fields["allow"], "GET, HEAD")
            self.assertIn("only to be read", answer.text)


@needs_web
class HealthTests(SiteTestCase):
    def test_open(self) -> None:
        answer = self.ask("GET /health")
        self.assertEqual((answer.status, answer.text), (200, "ok\n"))
        self.assertEqual(answer.fields["cache-control"], "no-store")

    def test_closed(self) -> None:
        self.rooms.close()
        answer = self.ask("GET /health")
        self.assertEqual((answer.status, answer.text), (503, "The house is closed.\n"))


@needs_web
class JoinTests(SiteTestCase):
    people = paddles(17)

    def test_link(self) -> None:
        """The code is in a cookie that no script reads, and in no address of a page."""
        for line in (f"GET /join/{CODE}", f"HEAD /join/{CODE}"):
            answer = self.ask(line)
            self.assertEqual(answer.status, 303)
            self.assertEqual(answer.fields["location"], "/#joined")
            self.assertEqual(answer.fields["cache-control"], "no-store")
            cookie = f"auction={CODE}; Path=/; Max-Age=2592000; HttpOnly; SameSite=lax"
            self.assertEqual(answer.fields["set-cookie"], cookie)

    def test_tls(self) -> None:
        self.site = self.make_site(address="https://example.org")
        cookie = self.ask(f"GET /join/{CODE}").fields["set-cookie"]
        self.assertTrue(cookie.startswith(f"__Host-auction={CODE}; "))
        self.assertIn("Secure", cookie)

    def test_no_code(self) -> None:
        """The answer to any text is the same; the page tells."""
        for text in ("x%0d%0aSet-Cookie:%20a=b", "a;b", "%22", "a" * 100, "%C3%A9", ""):
            answer = self.ask(f"GET /join/{text}")
            self.assertEqual((answer.status, answer.fields["location"]), (303, "/#joined"))
            value = answer.fields["set-cookie"].removeprefix("auction=").partition(";")[0]
            self.assertRegex(value, "^[0-9A-Za-z-]{1,64}$")

    def test_forget(self) -> None:
        browser = Browser(self.site)
        answer = browser.ask("POST /forget", "Origin: http://example.org", "Content-Length: 0")
        self.assertEqual(answer.status, 303)
        self.assertIn("auction=; Path=/; Max-Age=0", answer.fields["set-cookie"])

    def test_forget_from_elsewhere(self) -> None:
        for fields in (
            [],
            ["Origin: http://evil.example"],
            ["Origin: https://example.org"],
            ["Origin: null"],
            ["Origin: http://example.org", "Origin: http://evil.example"],
        ):
            answer = self.ask("POST /forget", *fields)
            self.assertEqual(answer.status, 403)
            self.assertNotIn("set-cookie", answer.fields)
        self.assertEqual(self.ask("GET /forget").status, 405)


@needs_web
class StrangersTests(SiteTestCase):
    """A house without a list of people."""

    people: People | None = None

    def test_link(self) -> None:
        answer = self.ask(f"GET /join/{CODE}")
        self.assertEqual(answer.status, 303)
        self.assertNotIn("set-cookie", answer.fields)
