"""The moving picture of the README: what somebody does in the console in the first minute."""

import io
import os

from PIL import Image

from ui.desk import expect, wait_for, wait_text
from ui.publishing import field

SIZE = {"width": 1120, "height": 680}
# The README is read by people who do not wait.
BYTES_MAX = 1_000_000


class Film:
    """Frames and how long each is seen, in milliseconds."""

    def __init__(self, page):
        self.page, self.frames, self.times = page, [], []

    def show(self, milliseconds):
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        if self.frames and picture.tobytes() == self.frames[-1].tobytes():
            self.times[-1] += milliseconds
            return
        self.frames.append(picture)
        self.times.append(milliseconds)

    def write(self, place, text, step=3):
        """Text that grows while one looks."""
        for end in range(step, len(text) + step, step):
            place.fill(text[:end])
            self.show(90)

    def save(self, path):
        self.frames[0].save(path, save_all=True, append_images=self.frames[1:], duration=self.times, loop=0, quality=80, method=6)
        return os.path.getsize(path)


def film(desk):
    """Messages come, one is looked at, one is published, its request is copied, the bridge is seen from above."""
    folder = desk.options.pictures
    if not folder:
        return "no pictures are asked for"
    os.makedirs(folder, exist_ok=True)
    with desk.console(filters=("plant/#",), viewport=SIZE) as page:
        film = Film(page)
        film.show(600)
        for number in range(14):
            desk.publish(f"plant/hall-{number % 3 + 1}/climate", f'{{"temperature":{20 + number * 0.3:.1f},"humidity":{45 - number % 5}}}',
                         content_type="application/json")
            desk.publish("plant/door", "open" if number % 2 else "closed")
            wait_for(page, f"parseInt(document.querySelector('#message-count').textContent) >= {number * 2 + 2}", "the message")
            film.show(200)
        page.locator("#message-list .row:not([hidden])", has_text="hall-2/climate").first.click()
        wait_text(page, "#message-detail .payload.json .j-name", "temperature")
        film.show(1800)
        page.locator("#tab-publish").click()
        film.show(500)
        film.write(field(page, "topic"), "plant/hall-2/fan/set")
        film.write(field(page, "payload"), '{"on":true}')
        page.get_by_role("button", name="Publish", exact=True).click()
        wait_text(page, ".result.ok", "acked")
        film.show(1500)
        page.get_by_role("button", name="Copy as…").first.click()
        film.show(2200)
        page.keyboard.press("Escape")
        page.locator("#tab-live").click()
        wait_text(page, "#message-list .topic", "plant/hall-2/fan/set")
        film.show(1200)
        page.locator("#tab-overview").click()
        wait_for(page, "[...document.querySelectorAll('.plot path.line')].some(line => (line.getAttribute('d') ?? '').split('L').length > 2)", "plots")
        film.show(2200)
        size = film.save(os.path.join(folder, "console.webp"))
    expect(size < BYTES_MAX, f"the moving picture has {size} bytes")
    return f"{len(film.frames)} frames, {sum(film.times) / 1000:.0f} s, {size // 1024} KiB"
