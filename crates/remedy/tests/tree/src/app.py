import yaml


def load(text):
    größe = "ä"; return yaml.load(text), größe


def check(value):
    if value == None:
        return 1
    return 2
