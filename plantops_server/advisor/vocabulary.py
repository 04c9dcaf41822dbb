"""The words by which advice and claims are recognised, in English, as regular expressions."""

from __future__ import annotations

import re


def _any(*alternatives: str) -> re.Pattern[str]:
    """Any of these, as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


_OFTEN = (
    "daily", "every (?:day|hour|morning|evening)", "each day", "hourly", "(?:twice|three times|several times) a day",
)  # fmt: skip

DENIED = _any(
    "not", "never", "no", "avoid", "stop", "without", "instead of", "rather than", "away from", "off", "out of", "less",
    "cease", "skip", "refrain", "nor", "neither", "against", "hold back", "withhold", r"\w+n[’']t", "too", "nothing",
    "prevents?",
)  # fmt: skip
"""What before a word turns it round."""
URGENT = _any(
    "now", "today", "tonight", "immediately", "right away", "straight away", "at once", "asap",
    "this (?:morning|evening|afternoon)", "urgent(?:ly)?", *_OFTEN,
)  # fmt: skip
CONDITION = _any(
    "if", "when", "once", "unless", "as soon as", "next", "after", "later", r"around (?:\w+ )?\d+", "below",
    r"in (?:about |around )?\w+ (?:days?|weeks?)", "until it (?:is|has)", "falls? to", "drops? to", "reach(?:es)?",
    "(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day",
)  # fmt: skip
"""What makes advice wait for something."""
OFTEN = _any(*_OFTEN)
WATERS = _any(
    r"(?:re-?water|water|soak|irrigate|drench|flood|saturate)\s+(?:it|the|this|your|them|thoroughly|deeply|well|now|today"
    r"|again|immediately|generously|heavily|every|daily|until|more|slowly|with|at once)",
    r"(?:give it|pour|add)\b[^.;]{0,40}\bwater",
    r"needs? (?:more |a lot of |plenty of )?water(?:ing)?(?! (?:around|in|when|by|about|only|again|soon|any))",
)
WITHHOLDS = _any(
    r"(?:do not|don[’']t|never|stop) water(?:ing)?", "no (?:more )?water(?:ing)?",
    "(?:withhold|hold back|skip) (?:the )?water(?:ing)?", "let (?:it|the soil) dry",
)  # fmt: skip
WARMS = _any(
    "warmer", "heat(?:ing)? (?:mat|pad|lamp)", "radiator", "heater", "space heater", "raise the temperature",
    "turn up the heat(?:ing)?",
)  # fmt: skip
COOLS = _any(
    "cooler", "colder", "lower the temperature", "fridge", r"refrigerat\w+", r"freez\w+", r"air[- ]condition\w*",
    "turn down the heating",
)  # fmt: skip
BRIGHTENS = _any(
    "more light", "more sun", "brighter", "brightest", "sunn(?:y|ier|iest)", "full sun", "direct sun(?:light)?",
    "grow (?:lamp|light)",
)  # fmt: skip
FULL_SUN = _any("full sun", "direct sun(?:light)?", "midday sun", "blazing sun")
DARKENS = _any(
    "shade", "shadier", "darker", "less light", "dim(?:mer)?", "dark (?:place|room|corner|closet|cupboard)", "closet",
    "cupboard", "cellar", "(?:away|back) from the window(?! pane)",
)  # fmt: skip
MOISTENS = _any("humidifier", "mist(?:ing)?", "raise the humidity", "pebble tray", "wet pebbles", "steam")
DRIES_AIR = _any(r"dehumidif\w+", "lower the humidity", "drier air", "dry the air")
FEEDS = _any(
    "fertili[sz]e(?! less)",
    r"(?:add|give|use|apply|pour|mix|with) (?:\w+ ){0,4}(?:fertili[sz]er|plant food|nutrients?)",
    "feed (?:it|the|with|heavily|now)",
)  # fmt: skip
STRONG = _any(
    "undiluted", "concentrated", "(?:double|twice|triple|ten times) (?:the )?(?:dose|strength|amount)",
    "double[- ]strength",
)  # fmt: skip
POISON = _any(
    "bleach", "gasoline", "petrol", "diesel", "kerosene", "vinegar", "boiling", "hot water", "salt(?:ed|y)? water",
    "sea ?water", "weed ?killer", "herbicide", "ice cubes?", "microwave", "oven", "set (?:it )?on fire",
    "burn (?:it|the)", "acetone", "ammonia", "motor oil", "antifreeze",
)  # fmt: skip
EATS = _any(
    "(?:eat|taste|chew|swallow|ingest|brew|drink) (?:it|the|its|a|some|this)", "edible", "non-?toxic",
    r"(?:safe|harmless) (?:for|to) (?:\w+ )?(?:cats?|dogs?|pets?|children|humans?|people|eat)",
)  # fmt: skip
NO_GARDENING = _any(
    "passwords?", "api[ _-]?keys?", "system prompt", "ignore (?:all |any |the )?(?:previous|prior|above)",
    "sudo", r"rm -\w+",
    "curl", "wget", "gift cards?", r"bitcoins?", "credit card", r"javascript:\S*", "DROP TABLE",
    "(?:disable|mute|silence|turn off|switch off|unplug) (?:the |all |your )*"
    "(?:alerts?|alarms?|sensors?|notifications?|server|broker)",
    "accept (?:the|this|every|all) (?:threshold|proposal)s?",
)  # fmt: skip
"""What no plan for a plant has to speak of."""

PLACES_AT = re.compile(r"\b(?:to|at|around|about|near|reach(?:es)?|between|up to|down to)\s*$", re.IGNORECASE)
"""What stands before the temperature of a place that something is moved to."""

TOO_WET = _any("too wet", r"over-?water\w*", "water-?logged", "soggy", "sodden", r"drown\w*")
TOO_DRY = _any(
    "too dry", r"under-?water\w*", "parched", "bone[- ]dry", "thirsty", "dried out", "suffers? from drought"
)
TOO_COLD = _any("too cold", "freezing", "chilled")
TOO_HOT = _any("too (?:hot|warm)", r"overheat\w*", "heat stress")
TOO_DARK = _any(
    "too dark", "too little light", "(?:not enough|insufficient) light", "light[- ]starved", "lacks? light"
)
TOO_BRIGHT = _any("too bright", "too much (?:light|sun)", r"sunburn\w*")
DRY_AIR = _any("air is (?:too |very )?dry", "dry air", "humidity is too low")
WELL = _any(
    "everything is (?:fine|well|good|ok)", "nothing is wrong", "all is well",
    r"perfect(?:ly)? (?:health\w*|well|fine|condition)", "thriving",
    "in (?:good|perfect|excellent) (?:shape|health|condition)",
    "is healthy",
)  # fmt: skip
SENSOR_WORKS = _any(r"sensors? (?:\w+ )?(?:works?|is working|are working|is reliable|is fine)")
HARMLESS = _any(
    "non-?toxic", "harmless (?:to|for)", r"safe (?:for|to) (?:\w+ )?(?:cats?|dogs?|pets?|children|eat)"
)
JUST_WATERED = _any("(?:just|recently|freshly) watered", "was watered (?:today|an hour ago)")
OF_THE_AIR = _any("air", "humidity", "humid")
