"""A sale in Spanish: no English sentence of the server reaches a person."""

import contextlib
import re
from typing import TYPE_CHECKING

from tests.browser.pages import PATIENCE, WALL, BrowserTestCase
from twisted_auction.house.people import Person, Role
from twisted_auction.testing import pass_code

with contextlib.suppress(ImportError):  # BrowserTestCase skips the tests
    from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

PEOPLE = [
    Person(1, "Ana Gil", limit=5000),
    Person(2, "Blas Mora"),
    Person(100, "Zoe Sanz", Role.AUCTIONEER),
]

CATALOGUE = """lot,item,type,lowest_price
11,Sextante,english:increment=5:duration=600,40
12a,Mapa,first-price,20
13,Campana,english,25
14,Abrigo,english,20
"""

ENGLISH = re.compile(
    r"\b(an|and|are|as|be|bids?|bound|buyers?|by|closed|for|from|give|has|highest|is|it|its|lots?"
    r"|must|not|number|of|on|open|or|order|paddle|room|seconds?|seller|there|the|time|up|waiting"
    r"|was|whole|with|withdrawn|would|you|your)\b",
    re.IGNORECASE,
)
"""Words that English sentences have, and Spanish ones have not."""

VISIBLE = """() => [document.body.innerText, document.title,
    ...[...document.querySelectorAll("[aria-label], [title], [alt]")]
        .filter((node) => node.checkVisibility())
        .flatMap((node) => [node.ariaLabel, node.title, node.alt ?? ""])].join("\\n")"""
"""All that a person can read on a page, or hear of it."""


class SpanishTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        lots = self.folder / "lots.csv"
        lots.write_text(CATALOGUE)
        self.serve(
            *("--people", self.list_people(PEOPLE), "--catalogue", str(lots), "--starts", "order"),
            *("--lot-pause", "1", "--public-view", "--line-rate", "0"),
        )
        self.desk = self.screen(locale="es-ES")
        self.desk.goto(f"{self.origin}/desk")
        self.come_in(self.desk, 100)
        self.phones = {1: self.phone(locale="es-ES"), 2: self.phone(locale="es-ES")}
        self.rooms = self.phone(locale="es-ES")
        self.wall = self.screen(WALL, locale="es-ES")

    def come_in(self, page: "Page", paddle: int) -> None:
        page.locator("#code").fill(pass_code(paddle))
        page.locator("#code").press("Enter")

    def press(self, page: "Page", name: str) -> None:
        page.get_by_role("button", name=name, exact=True).locator("visible=true").click()

    def order(self, button: str, reads: str, yes: str = "", reason: str = "") -> None:
        """Press a button of the desk, say yes to its question, and read the answer."""
        self.press(self.desk, button)
        if yes:
            if reason:
                self.desk.locator("#sure-reason").fill(reason)
            self.check_spanish(button)
            self.press(self.desk, yes)
        self.answer("lot", reads)

    def answer(self, place: str, reads: str) -> None:
        expect(self.desk.locator(f"#note-{place}")).to_have_text(reads)
        self.check_spanish(reads)

    def bid_for(self, paddle: str, amount: str, reads: str) -> None:
        self.desk.locator("#bid-paddle").fill(paddle)
        self.desk.locator("#bid-amount").fill(amount)
        self.desk.locator("#bid-amount").press("Enter")
        self.answer("lot", reads)

    def check_spanish(self, state: str) -> None:
        """No page shows a word of an English sentence."""
        for page in (self.desk, self.wall, self.rooms, *self.phones.values()):
            shown = page.evaluate(VISIBLE) if page.url != "about:blank" else ""
            found = [line for line in shown.split("\n") if ENGLISH.search(line)]
            self.assertEqual(found, [], f"{page.url}: {state}")

    def test_a_sale(self) -> None:
        """The answers to orders, refusals, news and reports, on all four pages."""
        self.rooms.goto(f"{self.origin}/")
        self.wall.goto(f"{self.origin}/room/main/wall")
        for paddle, phone in self.phones.items():
            phone.goto(f"{self.origin}/room/main")
            self.press(phone, "Participar")
            self.come_in(phone, paddle)
            expect(phone.locator("#me")).to_have_text(f"Paleta {paddle}")
        expect(self.rooms.locator(".report")).to_have_text(
            re.compile(r"^La venta empieza cuando se diga, compradores: \d\.$")
        )
        self.check_spanish("before the start")

        self.order("Empezar la venta", "La venta empieza.")
        expect(self.desk.locator("#lot")).to_contain_text("Se puede pujar")
        self.bid_for("77", "60", "Paleta 77: no está en la sala.")
        self.bid_for("x", "60", "Diga la paleta: un número entero de 1 a 99999999.")
        self.bid_for("1", "6000", "Paleta 1, Ana Gil pasaría de su límite de $5.000.")
        self.bid_for(
            "1", "39", "Paleta 1, Ana Gil leería: Demasiado baja: ahora la puja mínima es $40."
        )
        self.bid_for("1", "1200", "Paleta 1, Ana Gil puja $1.200.")
        self.press(self.phones[2], "Pujar $1.205")
        expect(self.desk.locator("#holder")).to_have_text("Paleta 2, Blas Mora")
        self.order(
            "Anular la puja más alta…",
            "Se anulan $1.205 de Paleta 2, Blas Mora, "
            "y Paleta 1, Ana Gil tiene la puja más alta con $1.200.",
            "Anularla",
            "un error.",
        )
        self.order("Pausa", "Está en pausa.")
        self.bid_for("2", "1300", "Está en pausa: haga que continúe primero.")
        self.order("Continuar", "Continúa.")
        self.press(self.desk, "30 s más")
        expect(self.desk.locator("#note-lot")).to_contain_text(re.compile("^Quedan 10 minutos .*"))
        self.press(self.desk, "Subir el lote 14")
        self.answer("lots", "El lote 14 sale antes del lote 13.")
        self.lots()
        self.people()
        self.order("Cerrar las pujas…", "Las pujas están cerradas.", "Cerrar")
        self.press(self.desk, "Ofrecer otra vez el lote 13")
        self.answer("results", "El lote 13 se ofrecerá de nuevo.")
        self.sealed_lot()
        self.order("Cancelar la subasta…", "Está cancelada.", "Cancelarla", "roto.")
        self.check_spanish("at the end")

    def lots(self) -> None:
        """Lots are left out, added and refused."""
        self.press(self.desk, "Quitar el lote 13")
        self.press(self.desk, "Quitarlo")
        self.answer("lots", "El lote 13 se ha retirado.")
        self.desk.get_by_text("Añadir un lote", exact=True).click()
        for price, reads in [
            ("x", "El precio mínimo debe ser un número entero de 1 a 999999999999999999."),
            ("30", "El lote 5 está añadido."),
        ]:
            self.desk.locator("#add-item").fill("Silla")
            self.desk.locator("#add-price").fill(price)
            self.desk.locator("#add-price").press("Enter")
            self.answer("add", reads)
        self.desk.locator("#say-text").fill("Hay té.")
        self.desk.locator("#say-text").press("Enter")
        self.answer("say", "Todos lo leen.")

    def people(self) -> None:
        """Persons are added, expelled and readmitted; addresses are banned."""
        self.desk.locator("summary").filter(has_text="persona").click()
        for paddle, limit, reads in [
            ("2", "", "La paleta 2 ya está en la lista."),
            ("x", "", "La paleta debe ser un número entero de 1 a 9999."),
            ("7", "x", "El límite: un número entero desde 1, o nada."),
        ]:
            self.desk.locator("#walk-name").fill("Cruz Paz")
            self.desk.locator("#walk-paddle").fill(paddle)
            self.desk.locator("#walk-limit").fill(limit)
            self.desk.locator("#walk-limit").press("Enter")
            self.answer("walk", reads)
        self.desk.locator("#here button").last.click()
        self.press(self.desk, "Expulsar")
        self.answer("people", "Paleta 2, Blas Mora: fuera de la sala.")
        self.desk.locator("#here button").last.click()
        self.answer("people", "Paleta 2, Blas Mora: puede volver a la sala.")
        expect(self.phones[2].locator("#price")).to_have_text("$1.200")
        self.desk.locator("summary").filter(has_text="Direcciones").click()
        self.desk.locator("#ask-who").click()
        expect(self.desk.locator("#who-answer")).to_contain_text(
            "Paleta 1, Ana Gil, desde 127.0.0.1"
        )
        self.check_spanish("who")
        for address, reads in [
            ("x", "Diga una dirección IPv4 o IPv6, como 203.0.113.7."),
            ("203.0.113.7", "203.0.113.7 no está excluida; ninguna dirección lo está."),
        ]:
            self.desk.locator("#ban-address").fill(address)
            self.desk.locator("#unban").click()
            self.answer("ban", reads)
        self.desk.locator("#ban-minutes").fill("1")
        self.desk.locator("#ban-minutes").press("Enter")
        self.press(self.desk, "Bloquear")
        self.answer("ban", "203.0.113.7 queda excluida 1 minuto; 0 conexiones cerradas.")

    def sealed_lot(self) -> None:
        """A sealed lot: a bid of a phone that is none, and one of the desk."""
        expect(self.desk.locator("#lot")).to_contain_text("Se reciben pujas secretas")
        self.bid_for("1", "30", "La puja de Paleta 1, Ana Gil está recibida.")
        self.bid_for(
            "1", "31", "Paleta 1, Ana Gil leería: Su puja ya está recibida. Espere, por favor."
        )
        expect(self.rooms.locator(".report")).to_contain_text("se esperan", timeout=PATIENCE)
        self.check_spanish("a sealed lot")
