"""EventSource: tickets, a bridge that restarts, a token that ends, too many streams."""

import guarded
import rig

from chromium.stage import READER, expect, wait_for

MESSAGES = 200

FOLLOW = """
    window.got = []; window.events = []; window.opened = 0; window.last = '';
    window.ticket = async (url, token, topics) => {
      const answer = await fetch(url + '/ticket', {method: 'POST', body: JSON.stringify({topics}),
        headers: {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/json'}});
      return (await answer.json()).ticket;
    };
    window.follow = (url, topic, query) => {
      const stream = new EventSource(url + '/subscribe?topic=' + encodeURIComponent(topic) + query);
      stream.onmessage = event => {
        got.push(JSON.parse(event.data).payload); last = event.lastEventId;
      };
      for (const name of ['open', 'gap', 'auth', 'close', 'error']) {
        stream.addEventListener('bridge.' + name, event => {
          const data = JSON.parse(event.data);
          events.push(name + ' ' + (data.reason || ''));
          if (name == 'open') { opened += 1; if (!last) last = data.from; }
        });
      }
      return stream;
    };
"""


def restart(stage):
    """A ticket brings an EventSource through a restart of the bridge, and nothing is lost or twice."""
    token = guarded.token("reader", READER)
    with stage.page(stage.allowed.origin) as page:
        page.evaluate(FOLLOW)
        page.evaluate("""async ([url, token]) => {
            const t = await ticket(url, token, ['house/#']);
            window.stream = follow(url, 'house/restart', '&ticket=' + t); }""", [stage.url, token])
        wait_for(page, "opened == 1", "bridge.open in the page")
        numbers = [str(number) for number in range(MESSAGES)]
        for number in numbers[:80]:
            expect(stage.publish("house/restart", number) == 200, "a publish is refused")
        stage.bridge.stop()
        stage.publish_at_broker("house/restart", numbers[80:120])
        stage.bridge.start()
        for number in numbers[120:]:
            status = stage.publish("house/restart", number)
            expect(status in (200, 202), f"a publish after the restart is answered {status}")
        wait_for(page, f"got.length >= {MESSAGES} && opened >= 2", "all messages at the EventSource")
        stage.publish("house/restart", "end")
        wait_for(page, "got.at(-1) == 'end'", "the end at the EventSource")
        # What the broker had no acknowledgement of when the bridge stopped comes from it again with QoS 1, and is
        # then in the history twice; the stream has neither more nor less than that.
        kept = stage.history("house/restart")
        compare(list(dict.fromkeys(kept)), numbers + ["end"])
        compare(page.evaluate("got"), kept)
    return f"{MESSAGES} messages over a restart"


def expiry(stage):
    """At `bridge.auth` a second EventSource with a new ticket takes over at `last_event_id`."""
    first = guarded.token("reader", READER, lifetime=5)
    fresh = guarded.token("reader", READER)
    with stage.page(stage.allowed.origin) as page:
        page.evaluate(FOLLOW)
        page.evaluate("""async ([url, token, fresh]) => {
            window.old = await ticket(url, token, ['house/#']);
            window.stream = follow(url, 'house/expiry', '&ticket=' + old);
            window.sleeper = new EventSource(url + '/subscribe?topic=house/none&ticket=' + old);
            sleeper.addEventListener('bridge.close', event => {
              window.ending = JSON.parse(event.data);
            });
            stream.addEventListener('bridge.auth', async () => {
              const next = await ticket(url, fresh, ['house/#']);
              stream.close();
              window.second = follow(url, 'house/expiry', '&ticket=' + next + '&last_event_id=' + last);
              window.atTakeover = got.length;
            }); }""", [stage.url, first, fresh])
        wait_for(page, "opened >= 1", "bridge.open in the page")
        numbers = [str(number) for number in range(MESSAGES)]
        for number in numbers:
            expect(stage.publish("house/expiry", number) == 200, "a publish is refused")
        wait_for(page, f"opened >= 2 && got.length >= {MESSAGES}", "all messages after the takeover")
        compare(page.evaluate("got"), numbers)
        events = page.evaluate("events")
        expect(any(event.startswith("auth ") for event in events), f"there was no bridge.auth: {events}")
        wait_for(page, "window.ending && ending.reason == 'token_expired'", "the end of the old ticket")
        wait_for(page, "sleeper.readyState == EventSource.CLOSED", "an EventSource that has given up")
        expect(page.evaluate("ending.reconnect") is False, "the end asks to come back")
        status = page.evaluate("""url =>
            fetch(url + '/subscribe?topic=house/none&ticket=' + old).then(a => a.status)""", stage.url)
        expect(status == 401, f"an expired ticket is answered {status}")
    return f"{MESSAGES} messages over a takeover"


def soft(stage):
    """Too many streams: 429 ends an EventSource for good, with `soft` it comes again."""
    one = guarded.token("single", READER | {"max_connections": 1})
    with stage.page(stage.allowed.origin) as page:
        page.evaluate(FOLLOW)
        page.evaluate("""async ([url, token]) => {
            window.t = '&ticket=' + await ticket(url, token, ['house/#']);
            window.stream = follow(url, 'house/soft', t); }""", [stage.url, one])
        wait_for(page, "opened == 1", "the first stream")
        # A ticket's newest stream takes the place of the one before; another ticket is another stream.
        page.evaluate("""async ([url, token]) => {
            const other = '&ticket=' + await ticket(url, token, ['house/#']);
            window.hard = follow(url, 'house/soft', other);
            window.kind = follow(url, 'house/soft', other + '&soft=true'); }""", [stage.url, one])
        wait_for(page, "hard.readyState == EventSource.CLOSED", "an EventSource that has given up")
        wait_for(page, "events.includes('close too-many-connections')", "a soft refusal")
        expect(page.evaluate("kind.readyState") == 0, "a soft refusal ended the EventSource")
        page.evaluate("stream.close()")
        wait_for(page, "opened == 2 && kind.readyState == EventSource.OPEN", "a stream after the refusal")
        stage.publish("house/soft", "hello")
        wait_for(page, "got.includes('hello')", "a message after the refusal")
    return "429 is final, soft is not"


def compare(got, wanted):
    if got != wanted:
        lost = [number for number in wanted if number not in got]
        twice = [number for number in got if got.count(number) > 1]
        raise rig.Failure(f"{len(got)} of {len(wanted)}; lost: {lost[:9]}, twice: {twice[:9]}, "
                          f"in order: {got == sorted(got, key=wanted.index) if not lost else '-'}")
