#!/usr/bin/env python3
"""Drives three containers from the lab's page: `seatrial lab --web --on real`. It needs a Docker engine and the image.

    real_test.py --page FILE --seatrial PATH --shots DIR
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from page_test import accessible
from page_tour import ready, say
from report_test import Browser, check


def drive(browser, address, shots):
    page = browser.page(height=900)
    page.goto(address)
    ready(page)
    check("Real nodes" in page.inner_text("#guide"), page.inner_text("#guide"))
    check(page.evaluate("Lab.scene.nodes.map((node) => node.local_state)") == ["Synced"] * 3, "three nodes are synced")
    for hidden in ("#undo", "#fork", "#start-over", "#place-missions"):
        check(not page.is_visible(hidden), f"{hidden} needs time travel")
    check("acknowledged" in say(page, "client A write 2")["text"], "a client writes")
    check(not say(page, "fault terminate C")["refused"], "a fault")
    check(not say(page, "wait 15s")["refused"], "time passes")
    check(page.evaluate("Lab.scene.nodes[0].cluster_size") == 2, "the others go on")
    check("back" in say(page, "back")["text"] and page.evaluate("Lab.scene.moments.length") > 3, "there is no way back")
    check("no server" in say(page, "status")["text"] or page.evaluate("Lab.scene.nodes[2].server") == "exited", "C is down")
    page.wait_for_timeout(2000)
    check(page.locator(".lanes canvas").count() == 1, "the time line has the film of the real nodes")
    check("Primary component: A, B" in page.inner_text("#picture-head"), page.inner_text("#picture-head"))
    check("down" in page.text_content(".node-card >> nth=2"), "the picture shows C")
    accessible(page, "real nodes")
    page.screenshot(path=shots / "page-real.png")
    check(not say(page, "C$ sudo systemctl start mariadb")["refused"], "C is started")
    check(not say(page, "wait until all-synced")["refused"], "and comes back")
    # Another tab sees the same cluster.
    other = browser.page()
    other.goto(address)
    ready(other)
    check(other.evaluate("Lab.scene.moment") == page.evaluate("Lab.scene.moment"), "there is one cluster")
    other.context.close()
    return page


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", required=True)
    parser.add_argument("--seatrial", required=True)
    parser.add_argument("--shots", type=Path, default=Path("target/browser"))
    args = parser.parse_args()
    args.shots.mkdir(parents=True, exist_ok=True)
    command = [str(Path(args.seatrial).resolve()), "lab", "--web", "--on", "real", "--page", str(Path(args.page).resolve())]
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        lab = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=home)
        try:
            address = None
            for line in lab.stdout:
                if "http://" in line:
                    address = line.split()[-1]
                    break
            check(address, "the lab says where the page is")
            browser = Browser(playwright)
            browser.own = address
            page = drive(browser, address, args.shots)
            lab.send_signal(signal.SIGINT)
            check(lab.wait(timeout=120) in (0, 4), f"the lab ends with {lab.returncode}")
            check("has ended" in page.evaluate("Lab.ask({ ask: 'hash' }).catch((error) => error.message)"), "the page says so")
            browser.complaints = [one for one in browser.complaints if "ERR_CONNECTION_REFUSED" not in one]
            browser.quiet("real nodes")
            browser.browser.close()
        finally:
            if lab.poll() is None:
                # So that it removes its containers.
                lab.terminate()
                lab.wait(timeout=120)
    print("the page drives real nodes")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"real_test.py: {error}")
