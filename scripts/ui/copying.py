"""Copy as: what the page shows as code does what the page does."""

import subprocess
import sys

from ui.desk import expect, wait_for, wait_text
from ui.publishing import field


def copied(desk):
    with desk.console("publish") as page:
        field(page, "topic").fill("copy/it")
        field(page, "payload").fill("it's \"quoted\" $HOME ü")
        page.get_by_role("button", name="Copy as…").first.click()
        for language, run in (("curl", shell), ("Python", python)):
            code = show(page, language)
            before = len(history(desk))
            run(code)
            got = history(desk)
            expect(len(got) == before + 1 and got[-1] == "it's \"quoted\" $HOME ü", f"{language} published {got}: {code}")
        code = show(page, "JavaScript")
        page.evaluate(f"(async () => {{ {code} }})()")
        expect(len(history(desk)) == 3, f"JavaScript published nothing: {code}")
        page.get_by_role("button", name="Copy", exact=True).click()
        wait_text(page, "#toast", "Copied")
        expect(page.locator("dialog[open]").count() == 0, "the dialog stays open")

        page.locator("#tab-live").click()
        page.locator("#message-tools").get_by_role("button", name="Copy as…").click()
        code = show(page, "curl")
        reader = subprocess.Popen(["bash", "-c", "exec " + code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            for line in reader.stdout:
                if line.startswith("event: bridge.open"):
                    desk.publish("copy/stream", "it streams")
                if "it streams" in line:
                    break
        finally:
            reader.kill()
            reader.wait()
        code = show(page, "JavaScript")
        wait_for(page, "(window.heard = [], true)", "a list")
        # The module is imported as the code says; what it does with a message goes into the list.
        code = code.replace('import { connect } from', 'const { connect } = await import(').replace('.js";', '.js");')
        page.evaluate(f"(async () => {{ {code.replace('console.log(message.topic, message.payload)', 'heard.push(message.payload)')} window.copied = bridge }})()")
        wait_for(page, "copied.state == 'open'", "an open stream of the copied code")
        desk.publish("copy/stream", "it streams again")
        wait_for(page, "heard.includes('it streams again')", "a message at the copied code")
    return "curl, JavaScript and Python publish; curl and JavaScript follow"


def show(page, language):
    page.locator("dialog .segments button", has_text=language).click()
    return page.locator("dialog .code").text_content()


def history(desk):
    return [message["payload"] for message in desk.get("history?topic=copy/it")["messages"]]


def shell(code):
    subprocess.run(["bash", "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def python(code):
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
