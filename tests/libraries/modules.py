"""Modules of daemons as people write them around popular libraries, by name.

Knows nothing of the test. Each module's `result` answers what it saw, and `create` makes a task that writes it to the
log, once. A daemon calls itself by its pid.
"""

from __future__ import annotations

import textwrap

SAY = """
import json, os

def create():
    def task():
        print("RESULT " + json.dumps(result(str(os.getpid()))), flush=True)
    return task
"""

COUNTER = """
import prometheus_client
RUNS = prometheus_client.Counter("runs", "Runs of this daemon.")

def result(who):
    RUNS.inc({step})
    return prometheus_client.generate_latest().decode().count("runs_total {step}.0")
"""

MODULES = {
    "shop_settings": """
        import os
        SECRET_KEY = "tests only"
        INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        LOGGING = {
            "version": 1,
            "handlers": {"file": {"class": "logging.FileHandler", "filename": str(os.getpid()) + ".out"}},
            "root": {"handlers": ["file"], "level": "INFO"},
        }
    """,
    "django_app": """
        import logging, os
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_settings")
        import django
        django.setup()
        from django.contrib.auth.models import User
        from django.core.management import call_command

        def result(who):
            call_command("migrate", verbosity=0)
            User.objects.create(username=who)
            logging.info("said by %s", who)
            return list(User.objects.values_list("username", flat=True))
    """,
    "sqlalchemy_app": """
        import os
        import sqlalchemy
        engine = sqlalchemy.create_engine("sqlite:///" + str(os.getpid()) + ".db", pool_size=2)
        with engine.begin() as opened:
            opened.execute(sqlalchemy.text("create table if not exists said (who text)"))

        def result(who):
            with engine.begin() as one:
                one.execute(sqlalchemy.text("insert into said values (:who)"), {"who": who})
                return [row.who for row in one.execute(sqlalchemy.text("select who from said"))]
    """,
    "requests_app": """
        import http.server, threading
        import requests
        session = requests.Session()

        class Echo(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.headers["X-Who"].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        def result(who):
            with http.server.HTTPServer(("127.0.0.1", 0), Echo) as server:
                thread = threading.Thread(target=server.serve_forever)
                thread.start()
                try:
                    session.trust_env = False
                    url = f"http://127.0.0.1:{server.server_port}/"
                    return session.get(url, headers={"X-Who": who}, timeout=20).text
                finally:
                    server.shutdown()
                    thread.join()
    """,
    "pymongo_app": """
        import bson
        import pymongo
        client = pymongo.MongoClient("mongodb://127.0.0.1:9/", connect=False, serverSelectionTimeoutMS=300)

        def result(who):
            try:
                client.admin.command("ping")
            except pymongo.errors.ServerSelectionTimeoutError:
                return [bson.decode(bson.encode({"who": who}))["who"], str(bson.ObjectId())]
    """,
    "prometheus_one": COUNTER.replace("{step}", "3"),
    "prometheus_two": COUNTER.replace("{step}", "5"),
    "loguru_app": """
        import os
        from loguru import logger
        logger.add(str(os.getpid()) + ".out", enqueue=True)

        def result(who):
            logger.info("said by {}", who)
            logger.complete()
            with open(who + ".out") as file:
                return file.read().count("said by " + who)
    """,
    "apscheduler_app": """
        import threading
        from apscheduler.schedulers.background import BackgroundScheduler
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.start()

        def result(who):
            ran = threading.Event()
            scheduler.add_job(ran.set)
            return ran.wait(20)
    """,
    "grpc_app": """
        from concurrent import futures
        import grpc
        channels = [grpc.insecure_channel("127.0.0.1:9")]

        class Echo(grpc.GenericRpcHandler):
            def service(self, details):
                return grpc.unary_unary_rpc_method_handler(lambda request, context: request.upper())

        def result(who):
            server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Echo()])
            port = server.add_insecure_port("127.0.0.1:0")
            server.start()
            try:
                with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
                    return channel.unary_unary("/shop/Echo")(who.encode(), timeout=20).decode()
            finally:
                server.stop(None).wait()
    """,
    "numpy_app": """
        import numpy as np
        from sklearn.linear_model import LinearRegression

        def result(who):
            x = np.arange(20.0).reshape(-1, 1)
            slope = LinearRegression().fit(x, 3 * x[:, 0] + 1).coef_[0]
            return [round(float(slope), 6), float((np.ones((300, 300)) @ np.ones((300, 300))).sum()),
                    int(np.random.randint(10**9))]
    """,
    "gevent_app": """
        from gevent import monkey
        monkey.patch_all()
        import gevent, socket, time

        def result(who):
            a, b = socket.socketpair()
            reader = gevent.spawn(b.recv, 100)
            time.sleep(0.01)
            a.send(who.encode())
            return reader.get(timeout=20).decode()
    """,
    "matplotlib_app": """
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        def result(who):
            figure, axes = plt.subplots()
            axes.plot([1, 2, 3])
            figure.savefig(who + ".png")
            with open(who + ".png", "rb") as file:
                return file.read(4).hex()
    """,
    "aiohttp_app": """
        import asyncio
        import aiohttp
        from aiohttp import web

        async def echo(request):
            return web.Response(text=request.headers["X-Who"])

        async def ask(who):
            app = web.Application()
            app.router.add_get("/", echo)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            async with aiohttp.ClientSession() as session, session.get(
                f"http://127.0.0.1:{port}/", headers={"X-Who": who}
            ) as answer:
                text = await answer.text()
            await runner.cleanup()
            return text

        def result(who):
            return asyncio.run(ask(who))
    """,
}


def source(name: str) -> str:
    """The text of a module; the settings have no task."""
    return textwrap.dedent(MODULES[name]) + ("" if name == "shop_settings" else SAY)
