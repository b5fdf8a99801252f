"""A page in Chromium for the scripts of the documents."""

import contextlib
import shutil

import rig

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         # The page that a script runs in is made here, and has no address that a browser would call near.
         "--disable-features=LocalNetworkAccessChecks", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


@contextlib.contextmanager
def pages():
    """A function that runs a script in a page and returns what it logs, or None where there is no browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        print("docs-test: scripts for browsers are left out: no Chromium or no playwright", flush=True)
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield lambda url, text, where: run(browser, url, text, where)
        finally:
            browser.close()


def run(browser, url, text, where):
    """Runs a script to its end; one that leaves a stream open has logged something by then."""
    context = browser.new_context()
    try:
        page = context.new_page()
        logged, failures = [], []
        page.on("console", lambda message: (failures if message.type == "error" else logged).append(message.text))
        page.on("pageerror", lambda error: failures.append(str(error)))
        # A page of the bridge's origin, so that its rules about origins hold, with the script as a module.
        document = f'<!doctype html><meta charset="utf-8"><script type="module">{text}</script>'
        page.route(url + "document.html", lambda route: route.fulfill(body=document, content_type="text/html"))
        page.goto(url + "document.html")
        deadline = 50
        while not logged and not failures and deadline:
            page.wait_for_timeout(100)
            deadline -= 1
        if failures or not logged:
            raise rig.Failure(f"{where}: the script failed or logged nothing: {failures}")
        return "\n".join(logged) + "\n"
    finally:
        context.close()
