/**
 * Every visible word of the pages, in Spanish: the keys of en.js.
 *
 * What the server says in free words stays as it is, but its own fixed sentences are known here.
 *
 * @typedef {(buyer: number) => string} Who
 */

const number = new Intl.NumberFormat("es", { useGrouping: true });
/** @param {number|string|bigint} amount */
const money = (amount) => `$${number.format(BigInt(amount))}`;
/** @param {number} n @param {string} one @param {string} [many] */
const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
/** @param {number} s */
const time = (s) => {
  const units = /** @type {[number, string][]} */ (
    [[86400, "día"], [3600, "hora"], [60, "minuto"], [1, "segundo"]]);
  const words = [];
  let rest = s;
  for (const [size, unit] of units) {
    if (rest >= size) words.push(count(Math.floor(rest / size), unit));
    rest %= size;
  }
  return words.join(" ") || "0 segundos";
};

/** The server's own sentences, as patterns, and what they are here. @type {[RegExp, string][]} */
const SENTENCES = [
  [/One sealed bid each; the highest wins and pays what it bid\./, "Una puja secreta por comprador; gana la más alta y paga lo que pujó."],
  [/One sealed bid each; the highest wins and pays the second highest\./, "Una puja secreta por comprador; gana la más alta y paga la segunda más alta."],
  [/Each bid is at least \$(\d+) above the highest\./, "Cada puja supera a la más alta en al menos $$$1."],
  [/There (?:is|are) (\d+) seconds?, and (\d+) more after a late bid\./, "Hay $1 segundos, y $2 más después de una puja tardía."],
  [/There (?:is|are) (\d+) seconds?\./, "Hay $1 segundos."],
  [/A bid above (\d+) times the asking price must be said twice\./, "Una puja de más de $1 veces el precio pedido debe repetirse."],
  [/The price falls by \$(\d+) every second; the first to take it buys\./, "El precio baja $$$1 cada segundo; compra quien primero lo acepta."],
  [/The price falls by \$(\d+) every (\d+) seconds; the first to take it buys\./, "El precio baja $$$1 cada $2 segundos; compra quien primero lo acepta."],
  [/The Seller has left\./, "El vendedor se ha ido."],
  [/The lot is withdrawn\./, "El lote se ha retirado."],
  [/Not enough Buyers came within (\d+) seconds\./, "No vinieron bastantes compradores en $1 segundos."],
  [/When it opens again, your ticket is good for your seat\./, "Cuando vuelva a abrir, conserva su sitio."],
  [/When it opens again, your pass code is good for your seat\./, "Cuando vuelva a abrir, su código le da su sitio."],
  [/Bids that are in count\./, "Las pujas recibidas cuentan."],
  [/This auction has no result\./, "Esta subasta no tiene resultado."],
  [/Your seat is given up\./, "Su sitio queda libre."],
  [/type an amount to bid\./, "escriba una cantidad para pujar."],
  [/type close to end the auction\./, "escriba close para terminar la subasta."],
];
/** A text of the server with its fixed sentences in Spanish. @param {string} text */
const said = (text) => SENTENCES.reduce((now, [pattern, here]) => now.replace(pattern, here), text);
/** @param {string} reason */
const because = (reason) => (reason === "" ? "" : ` ${said(reason)}`);
/** @param {string} closer */
const who_closed = (closer) => ({ Seller: "El vendedor", Auctioneer: "El subastador" }[closer] ?? closer);

/** The table. */
export default {
  code: "es",
  language: "Español",
  money,
  time,
  count,

  paddle: (/** @type {number} */ n) => `Paleta ${n}`,
  buyer: (/** @type {number} */ n) => `Comprador ${n}`,
  /** @param {string} who @param {string} name */
  named: (who, name) => `${who}, ${name}`,
  room: (/** @type {string} */ name) => (name === "main" ? "Sala" : name),
  /** @param {string|null} label the lot's own number @param {number} lot @param {number|null} lots */
  lot: (label, lot, lots) => {
    if (lots === null) return `Lote ${label ?? lot}`;
    return label === null || label === String(lot)
      ? `Lote ${lot} de ${lots}` : `Lote ${label} (${lot} de ${lots})`;
  },
  cancel: "Cancelar",
  language_label: "Idioma",
  format: {
    "first-price": "Pujas secretas, primer precio",
    "second-price": "Pujas secretas, segundo precio",
    english: "Subasta inglesa",
    dutch: "Subasta holandesa",
  },
  /** The rules of a format, from the server's sentence. */
  rules: said,

  link: {
    connecting: "Conectando…",
    live: "Conectado",
    silent: "El servidor calla. Comprobando…",
    gone: (/** @type {number} */ s) =>
      s > 0 ? `Conexión perdida. Nuevo intento en ${s} s.` : "Conexión perdida. Nuevo intento…",
  },
  call: ["", "A la una", "A las dos"],
  phase: {
    unknown: "Abriendo la sala…",
    idle: "No hay nada en venta.",
    requesting: "Se espera el artículo del vendedor.",
    requested: "El artículo está en venta.",
    scheduled: "La venta no ha empezado.",
    waiting: "Se esperan más compradores.",
    announced: "Pronto se abren las pujas.",
    opening: "Pronto se abren las pujas.",
    bidding: "Las pujas están abiertas.",
    finished: "La subasta ha terminado.",
    cancelled: "La subasta se ha cancelado.",
    between: "Han salido todos los lotes.",
    over: "La venta ha terminado.",
    out: "Ha salido de la sala.",
  },
  paused: "En pausa",
  extended: "Tiempo ampliado",
  asking: "Precio pedido",
  opening_price: "Precio inicial",
  highest: (/** @type {string} */ who) => `Puja más alta, ${who}`,
  /** @param {string} who the winner, where it is told */
  sold_to: (who) => (who === "" ? "Vendido" : `Vendido a ${who}`),
  until: { start: "Empieza en", opening: "Se abre en", bidding: "", closing: "La venta acaba en" },
  buyers: (/** @type {number} */ there, /** @type {number|null} */ needed) =>
    needed === null ? count(there, "comprador", "compradores")
      : `${there} de ${count(needed, "comprador", "compradores")}`,
  bids: (/** @type {number} */ n, /** @type {number} */ of) => `${n} de ${count(of, "puja")}`,
  result: {
    finished: "Terminado",
    sold: (/** @type {string} */ who, /** @type {string} */ price) =>
      who === "" ? `Vendido por ${price}` : `Vendido a ${who} por ${price}`,
    unsold: "No vendido",
    cancelled: "Cancelado",
    voided: "Venta anulada",
    skipped: "Retirado",
    to_come: "Por venir",
    on: "Ahora",
    ended: "Terminado",
  },

  /** Refusals of the lobby, by the server's words. */
  not_done: {
    "there is no such pass code.": "Ese código no existe. Compare cada letra con su tarjeta.",
    "say your pass code first: PASS and the code.": "Escriba primero su código.",
    "there is no such ticket.": "Su sitio ya no está reservado.",
    "your pass code cannot be checked now. Try again later.":
      "Ahora no se puede comprobar su código. Inténtelo más tarde.",
  },

  bid: {
    title: "Pujar",
    unsure: (/** @type {string} */ line) =>
      `Sin confirmar: ${line}. Puede haber llegado antes de perderse la conexión.`,
    sending: (/** @type {string} */ line) => `Enviado: ${line}. Esperando al servidor…`,
    lost: (/** @type {string} */ line) => `${line} no contó. Envíela de nuevo si aún la quiere.`,
    kept: (/** @type {string} */ line) => `${line} llegó antes de perderse la conexión.`,
    line: (/** @type {string} */ text) =>
      /^\d+$/.test(text) ? `Su puja de ${money(text)}` : `«${text}»`,
    standing: {
      none: "No ha pujado.",
      asked: "Su puja, por favor. Nadie más la ve.",
      highest: (/** @type {string} */ mine) => `Tiene la puja más alta: ${mine}.`,
      outbid: (/** @type {string} */ mine) =>
        mine === "" ? "Han superado su puja." : `Han superado su puja. La última fue de ${mine}.`,
      waiting: (/** @type {string} */ mine) =>
        mine === "" ? "Su puja está recibida. Espere el resultado."
          : `Su puja de ${mine} está recibida. Espere el resultado.`,
      passed: "Ha pasado en este lote.",
      own: "Este lote es suyo. No puede pujar por él.",
      late: "Las pujas de este lote están cerradas para quien llega ahora. Puede pujar en el siguiente.",
      won: (/** @type {string} */ due) => `¡Ha ganado! Debe ${due}.`,
      lost: "No ha ganado.",
      sold: (/** @type {string} */ price) => `Su artículo se ha vendido por ${price}.`,
      unsold: "Su artículo no se ha vendido.",
    },
    owe_anyway: (/** @type {string} */ due) => `Aun así debe ${due}.`,
    keeps: (/** @type {string} */ amount) => `Se queda con ${amount}.`,
    loses: (/** @type {string} */ amount) => `Pierde ${amount}.`,
    worth: (/** @type {string} */ amount) => `Este artículo vale ${amount} para usted.`,
    bid: (/** @type {string} */ amount) => `Pujar ${amount}`,
    buy: (/** @type {string} */ amount) => `Comprar por ${amount}`,
    confirm: (/** @type {string} */ amount) => `Sí, pujar ${amount}`,
    jump: (/** @type {string} */ amount, /** @type {string} */ asking) =>
      `${amount} está muy por encima del precio pedido de ${asking}. ¿Es lo que quiere?`,
    leading: "Va en cabeza",
    sent: "Enviado…",
    submit: "Enviar la puja",
    raise: "Pujar esta cantidad",
    other: "Otra cantidad",
    amount: "Su puja, en dólares enteros",
    amount_wrong: "Escriba una cantidad entera de dólares, como 150.",
    pass: "Pasar en este lote",
    close: "Cerrar las pujas ahora",
    close_sure: "¿Cerrar las pujas ahora? Gana la puja más alta.",
    close_yes: "Sí, cerrar",
    answer: "Su respuesta",
    send: "Enviar",
    offline: "Sin conexión: no se puede enviar nada.",
    closed: "Las pujas no están abiertas",
    bid_in: "Su puja está recibida",
    passed: "Ha pasado",
    own: "Este lote es suyo",

    join: "Participar",
    join_help: "Quien llega primero a una sala vacía vende un artículo; los demás pujan.",
    back: "Volver a mi sitio",
    again: "Subasta siguiente",
    here: "Seguir aquí",
    retry: "Intentar de nuevo",
    watching: "Está mirando.",
    pass_title: "Su código",
    pass_help: "Está en su tarjeta: doce letras y cifras. Las mayúsculas y los guiones no importan.",
    pass_code: "Código",
    pass_send: "Entrar",
    not_me: "No soy yo",
    you: (/** @type {string} */ who) => `Usted es ${who}.`,

    request: {
      title: "¿Qué vende?",
      item: "Artículo",
      item_help: "Como deben leerlo los compradores.",
      format: "Formato",
      price: "Precio mínimo, en dólares",
      price_help: "Por debajo no se vende.",
      buyers: "Número de compradores",
      buyers_help: "Las pujas se abren cuando han llegado.",
      increment: "Pasos, en dólares",
      increment_help: "Cada puja es al menos tanto más alta.",
      duration: "Tiempo, en segundos",
      duration_help: "Desde la apertura hasta el fin. Una puja tardía lo amplía.",
      start: "Primer precio, en dólares",
      start_help: "El precio baja desde aquí. Vacío: el doble del mínimo.",
      interval: "Segundos por precio",
      interval_help: "Después baja el precio.",
      send: "Ofrecer el artículo",
      formats: {
        "first-price": "Cada comprador hace una puja secreta. La más alta gana y paga su puja.",
        "second-price": "Cada comprador hace una puja secreta. La más alta gana y paga la segunda más alta.",
        english: "Todos oyen cada puja. Gana la última, la más alta.",
        dutch: "El precio baja hasta que un comprador lo acepta.",
      },
      in: "Su artículo está ofrecido. Aquí leerá el resultado.",
    },
    account: {
      won: (/** @type {number} */ n, /** @type {string} */ due) =>
        n === 0 ? "Aún no ha ganado nada" : `Ha ganado ${count(n, "lote")}, debe ${due}`,
      only_limit: (/** @type {string} */ limit) => `Límite ${limit}`,
      limit: (/** @type {string} */ bound, /** @type {string} */ limit) => `Límite: ${bound} de ${limit}`,
      lots: (/** @type {number} */ won, /** @type {number} */ most) => `${won} de ${count(most, "lote")}`,
      results: "Resultados",
      show: "Resultados y lotes por venir",
    },
    news: "El subastador",
  },
  rooms: {},
  wall: {},
  desk: {},

  /** @type {{[type: string]: (m: any, who: Who) => string}} */
  messages: {
    role_seller: () => "Usted es el vendedor.",
    ask_request: () => "Ofrezca un artículo, por favor.",
    request_refused: (m) => `Eso no es una solicitud de subasta.${because(m.reason)}`,
    request_received: (m) => `Su solicitud está recibida: ${m.text}`,
    request_already_in: () => "Su solicitud ya está recibida. Espere, por favor.",
    role_buyer: () => "Usted es comprador.",
    waiting_for_buyers: () => "Se esperan más compradores.",
    bidding_start: () => "Las pujas están abiertas.",
    ask_bid: () => "Envíe su puja, por favor.",
    bid_refused: (m) => `Eso no es una puja. Envíe una cantidad entera de dólares.${because(m.reason)}`,
    bid_received: () => "Su puja está recibida. Espere el resultado.",
    bidding_not_open: () => "Las pujas no han empezado. Espere, por favor.",
    bid_already_in: () => "Su puja ya está recibida. Espere, por favor.",
    auction_finished: () => "La subasta ha terminado.",
    sold_for: (m) => `Su artículo ${m.item_name} se ha vendido por ${money(m.payment)}.`,
    buyer_bid: (m, who) => `${who(m.buyer)} pujó ${money(m.amount)}.`,
    not_sold: (m) => `Su artículo ${m.item_name} no se ha vendido.`,
    you_won: (m) => `¡Ha ganado ${m.item_name}! Debe ${money(m.payment)}.`,
    item_is_worth: (m) => `Este artículo vale ${money(m.valuation)} para usted.`,
    you_keep: (m) => `Se queda con ${money(m.amount)}.`,
    you_lose: (m) => `Pierde ${money(m.amount)}.`,
    you_lost: () => "No ha ganado.",
    payment_due: (m) => `Debe ${money(m.payment)}.`,
    auction_cancelled: (m) => `Cancelado.${because(m.reason)}`,
    auctioneer_closes: (m) => `El servidor cierra.${because(m.prospect)}`,
    request_time_up: (m) => `Se acabó el tiempo: no llegó ninguna solicitud en ${time(m.seconds)}.`,
    bid_time_up: (m) => `Se acabó el tiempo: no llegó ninguna puja en ${time(m.seconds)}.`,
    line_time_up: (m) => `Se acabó el tiempo: una línea no terminó en ${time(m.seconds)}.`,
    lobby_time_up: (m) => `Se acabó el tiempo: no dijo nada en ${time(m.seconds)}.`,
    sale_begins: (m) => `La venta empieza en ${time(m.seconds)}.`,
    sale_begins_by_order: () => "La venta empieza cuando el subastador lo dice.",
    lots_are_done: (m) => `Han salido todos los lotes. La venta acaba en ${time(m.seconds)}.`,
    you_are: (m, who) => `Usted es ${who(m.buyer)}.`,
    lot_withdrawn: (m) => `El lote ${m.name} se ha retirado.`,
    lot_comes_before: (m) => `El lote ${m.name} sale ahora antes del lote ${m.other}.`,
    lot_is_added: (m) => `Se añade el lote ${m.name}: ${m.item_name}`,
    lot_comes_again: (m) => `El lote ${m.name} se ofrecerá de nuevo.`,
    sale_is_voided: (m) => `La venta del lote ${m.name} se ha anulado.${because(m.reason)}`,
    nothing_due: (m) => `No debe ${money(m.payment)} por el lote ${m.name}.`,
    lot_up: (m) => `Lote ${m.lot} de ${m.lots}.`,
    catalogue_number: (m) => `Número de catálogo ${m.label}.`,
    on_sale: (m) => `En venta: ${m.item_name}`,
    description_is: (m) => m.description,
    picture_is: (m) => `Imagen: ${m.picture}`,
    format_is: (m) => `${m.format}, desde ${money(m.opening_price)}. ${said(m.rules)}`,
    opens_in: (m) => `Las pujas se abren en ${time(m.seconds)}.`,
    amount_or_pass: () => "Puje una cantidad, o pase.",
    your_lot: () => "Este lote es suyo. No puede pujar por él.",
    have_passed: () => "Ha pasado en este lote.",
    wait_for_next_lot: () => "Espere el lote siguiente, por favor.",
    ask_anytime: (m) => `En todo momento: ${said(m.how)}`,
    not_understood: () => "El servidor no lo ha entendido.",
    bid_too_low: (m) => `Demasiado baja: ahora la puja mínima es ${money(m.least)}.`,
    bid_too_high: (m) => `Demasiado alta: la puja máxima es ${money(m.most)}.`,
    above_limit: (m) =>
      `Por encima de su límite: tiene comprometidos ${money(m.bound)} de ${money(m.limit)}. Esta puja no cuenta.`,
    too_many_lots: (m) =>
      `Por encima de su límite de lotes: tiene comprometidos ${m.won} de ${m.lots}. Esta puja no cuenta.`,
    bid_too_soon: (m) => `Demasiadas pujas. Puje de nuevo en ${time(m.seconds)}.`,
    not_accepted: (m) => `No aceptado.${because(m.reason)}`,
    repeat_bid: (m) => `Confirme su puja de ${money(m.amount)}, por favor.`,
    you_hold: (m) => `Tiene la puja más alta: ${money(m.amount)}.`,
    outbid: (m, who) => `Han superado su puja: ${who(m.buyer)} puja ${money(m.amount)}.`,
    asking: (m) => `Precio pedido: ${money(m.asking_price)}. Quedan ${time(m.seconds)}.`,
    highest_bid: (m, who) =>
      `Puja más alta: ${money(m.amount)}, ${who(m.buyer)}. Precio pedido: ${money(m.asking_price)}. `
      + `Quedan ${time(m.seconds)}.`,
    time_extended: () => "Tiempo ampliado.",
    going_once: () => "¡A la una!",
    going_twice: () => "¡A las dos!",
    auction_paused: () => "La subasta está en pausa.",
    paused: () => "La subasta está en pausa. Eso no ha contado.",
    auction_resumed: () => "La subasta continúa.",
    more_time: (m) => `Tiempo ampliado. Quedan ${time(m.seconds)}.`,
    voided: (m, who) => `Anulada: ${money(m.amount)}, ${who(m.buyer)}.${because(m.reason)}`,
    you_are_expelled: (m) => `Se le ha expulsado.${because(m.reason)}`,
    auctioneer_says: (m) => m.text,
    bidding_closed: (m) => `${who_closed(m.closer)} ha cerrado las pujas.`,
    sold_to: (m, who) => `Vendido: ${m.item_name} a ${who(m.buyer)} por ${money(m.payment)}`,
    nobody_bought: (m) => `No vendido: ${m.item_name}`,
    sale_over: () => "La venta ha terminado.",
    server_busy: () => "La sala está ocupada. Inténtelo de nuevo en un momento.",
    bidding_ongoing: () => "Las pujas están en curso. Quien llega ahora puede participar en la próxima subasta.",
    ask_pass: () => "Escriba su código, por favor.",
    pass_withdrawn: () => "Su código ya no vale.",
    help_pass: () => "Diga primero quién es.",
    buyer_is: (m, who) => `${who(m.buyer)} es ${m.name}.`,
    you_are_paddle: (m) => `Usted es la paleta ${m.paddle}, ${m.name}.`,
    ticket_is: () => "Tiene un sitio.",
    room_is: (m) => `${m.name}: ${m.report}`,
    rooms_in_use: (m) => `${count(m.rooms, "sala")} en uso.`,
    pong: (m) => m.text,
    help: () => "El servidor no lo ha entendido.",
    json_follows: () => "Lo que sigue es JSON.",
    goodbye: () => "Adiós.",
    came_back: () => "Sigue en otra ventana o en otro dispositivo.",
    seat_given_up: () => "Su sitio quedó libre durante su ausencia.",
    bid_stands: (m) => `Su puja de ${money(m.amount)} sigue en pie.`,
    result_of: (m) => `Resultado del lote ${m.lot} de ${m.lots}:`,
    role_watcher: () => "Está mirando.",
    nothing_on_sale: () => "No hay nada en venta.",
    sale_not_begun: () => "La venta no ha empezado.",
    buyers_there: (m) => `Compradores: ${m.there} de ${m.needed}.`,
    buyers_present: (m) => `Compradores: ${m.there}.`,
    bids_in: (m) => `Pujas: ${m.received} de ${m.expected}.`,
    sale_lot: (m) => `Lote ${m.label || m.number}: ${m.item_name}`,
    sale_listed: (m) => `${count(m.lots, "lote")} en total.`,
    account_is: (m) => `Ha ganado ${count(m.lots, "lote")}, debe ${money(m.due)}.`,
    desk_of: (m) => `Mesa de ${m.room}.`,
    desk_auction: (m) => m.item_name,
    desk_seat: (m) => `Paleta ${m.paddle}, ${m.name}`,
    desk_bid: (m, who) => `${who(m.buyer)} pujó ${money(m.amount)}.`,
    desk_order: (m) => `${m.order}, de ${m.actor}${m.text === "" ? "" : `: ${m.text}`}`,
    desk_gone: () => "",
    pass_code_is: (m) => `Código de la paleta ${m.paddle}, ${m.name}: ${m.code}`,
    help_desk: () => "El servidor no lo ha entendido.",
    line_too_long: () => "Es demasiado largo.",
    too_many_lines: () => "Demasiados mensajes de esta página en poco tiempo.",
    address_banned: () => "Su dirección está excluida de este servidor.",
    done: (m) => `Hecho: ${m.text}`,
    not_done: (m) => `No hecho: ${m.text}`,
    news_of: (m) => `${m.room}: ${m.text}`,
    news_left_out: (m) => `Faltan ${count(m.lines, "línea")}.`,
  },
};
