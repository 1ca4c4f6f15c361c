queue = "mail"


def create(): ...


async def done(event): ...
