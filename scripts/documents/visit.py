"""Looks at every page of a site in Chromium: what it asks for, what it complains of, and where its links lead."""

import contextlib
import functools
import http.server
import os
import shutil
import threading

import rig

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
LINKS = """() => ({
    anchors: [...document.querySelectorAll("[id], a[name]")].map(each => each.id || each.name),
    links: [...document.querySelectorAll("a[href]")].map(each => each.href),
    headings: document.querySelectorAll("article h1").length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth })"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def pages(site):
    """The addresses of its pages, seen from its root."""
    found = []
    for folder, _, names in os.walk(site):
        found += [os.path.relpath(os.path.join(folder, name), site) for name in names if name.endswith(".html")]
    return sorted(found)


@contextlib.contextmanager
def served(site):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def every(site):
    """Visits all pages; a failure names every page that is not as it should be."""
    program = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
    if program is None:
        raise rig.Failure("there is no Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright
    wrong, seen = [], {}
    with served(site) as root, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            for name in pages(site):
                seen[root + name] = visit(browser, root, name, wrong)
            search(browser, root, wrong)
        finally:
            browser.close()
        links = sum(judge(root, site, url, found, seen, wrong) for url, found in seen.items())
    if wrong:
        raise rig.Failure("\n".join(wrong))
    return f"{len(seen)} pages with {links} links"


def visit(browser, root, name, wrong):
    """What one page has, at the width of a phone, so that it is seen whether it is wider."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    try:
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith((root, "data:", "blob:"))
                else wrong.append(f"{name}: asks {request.url}"))
        page.on("response", lambda response: wrong.append(f"{name}: {response.status} for {response.url}") if response.status >= 400 else None)
        page.on("console", lambda message: wrong.append(f"{name}: {message.text}") if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(f"{name}: {error}"))
        page.goto(root + name, wait_until="load")
        found = page.evaluate(LINKS)
        if found["headings"] != 1:
            wrong.append(f"{name}: {found['headings']} titles")
        if found["wide"] > 0:
            wrong.append(f"{name}: {found['wide']} pixels wider than a phone")
        return found
    finally:
        context.close()


def search(browser, root, wrong):
    """The search of the site finds something."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(root + "index.html")
        page.get_by_role("textbox", name="Search").fill("idempotency")
        try:
            page.locator(".md-search-result__link").first.wait_for(timeout=20_000)
        except Exception as error:
            wrong.append(f"the search finds nothing: {error}")
    finally:
        context.close()


def judge(root, site, url, found, seen, wrong):
    """Every link inside the site leads to a page, or a file, and to a place that is there."""
    count = 0
    for link in found["links"]:
        if not link.startswith(root):
            continue
        count += 1
        target, _, anchor = link.partition("#")
        target = target + "index.html" if target.endswith("/") else target
        if target not in seen and not os.path.isfile(os.path.join(site, target[len(root):])):
            wrong.append(f"{url}: there is no {link}")
        elif anchor and target in seen and anchor not in seen[target]["anchors"]:
            wrong.append(f"{url}: there is no place {link}")
    return count
