import nothing_of_that_name


def create(): ...
