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
    "prevents?", "(?:protect|shield|shelter|keep)(?:ed|s)?(?: it| them)? (?:from|out of)",
)  # fmt: skip
"""What before a word turns it round."""
URGENT = _any(
    "now", "today", "tonight", "immediately", "right away", "straight away", "at once", "asap",
    "this (?:morning|evening|afternoon)", "urgent(?:ly)?", *_OFTEN,
)  # fmt: skip
CONDITION = _any(
    "if", "when", "once", "unless", "as soon as", "next", "after", "later", r"around (?:\w+ )?\d+", "below",
    r"in (?:about |around )?\w+ (?:days?|weeks?)", "until it (?:is|has)", "falls? (?:to|under)", "drops? (?:to|under)",
    "reach(?:es)?",
    "(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day",
)  # fmt: skip
"""What makes advice wait for something."""
SUPPOSED = _any("if", "when", "unless", "once", "after", "would", "could", "may", "might", "risk")
"""What makes a sentence speak of something that is not so now."""
OFTEN = _any(*_OFTEN)
POURS = _any(
    r"(?:re-?water|water|bottom-water|soak|irrigate|drench|flood|saturate|hydrate)\s+(?:it|the|this|your|them|thoroughly"
    r"|deeply|well|now|today|again|immediately|generously|heavily|every|daily|until|more|slowly|with|at once)",
    r"(?:give|provide|pour|add|apply)\b[^.;]{0,40}\b(?:water(?:ing)?|soak|drink|lit(?:re|er)s?|ml)",
    "(?:resume|start|begin|increase|continue|keep) (?:the )?watering",
    "(?:moisten|wet) the soil",
    "is thirsty",
    r"(?:stand|set|place|put)\b[^.;]{0,25}\bin (?:a (?:bowl|basin|tray|bucket) of )?water",
    r"needs? (?:more |a lot of |plenty of )?water(?:ing)?(?! (?:around|in|when|by|about|only|again|soon|any|on|next))",
)
"""Advice to water, in so many words."""
SPEAKS_OF_WATER = _any(
    r"water(?!y|-logged|logged)\w*", r"soak\w*", r"drench\w*", r"irrigat\w+", r"flood\w*", r"saturat\w+", r"hydrat\w+",
    r"moisten\w*", r"dous\w+", r"flush\w*", r"hos(?:e|ing)", "drink", "tap", "thirsty", r"top (?:it|the \w+) up",
    "top up", r"refill\w*", r"\d+ ?(?:ml|l|litres?|liters?|cups?)", "lit(?:re|er)s?", "wet (?:it|the soil)", "drown",
)  # fmt: skip
"""Whatever may mean that. In an action it does, unless it is plainly harmless."""
HARMLESS_OF_WATER = _any(
    r"empt(?:y|ied)", "tip out", r"pour (?:it|them|what stands)?\b.*\boff", r"pour off\b.*", r"drain\w*",
    "standing water",
    "in water", "rain ?water", "before (?:you )?water(?:ing)?", r"check\w*", r"feel\w*", r"over-?water\w*", "less",
    "sparingly", "risk", "not needed", "needs? no", "was watered", r"log\w*", "humidifier", r"mist(?:ing)? helps",
    "wet pebbles", "soil and not", "fertili[sz]er in the water", r"remov\w+", r"discard\w*", "run through",
    "damp cloth",
    "until then",
)  # fmt: skip
"""What makes a sentence about water harmless: it takes water away, looks, warns or tells of the past."""
WITHHOLDS = _any(
    r"(?:do not|don[’']t|never|stop) water(?:ing)?(?! again)", "no (?:more )?water(?:ing)?",
    "(?:withhold|hold back|hold off|skip|reduce)(?: on)? (?:the )?(?:next )?water(?:ing)?", "let (?:it|the soil) dry",
    "water (?:it )?less", "(?:postpone|delay|cut back on|cut down on) (?:the )?(?:next )?water(?:ing)?",
    "leave (?:it|the soil) (?:dry|to dry)", "likes? to be dry", "no action is needed",
    r"wait\b[^.;]{0,30}\bbefore (?:you )?water(?:ing)?",
)  # fmt: skip
_PLACE = "(?:place|room|spot|location|area|corner|position|window)"
WARMS = _any(
    "keep it warm", "wrap it", "fleece", "blanket", "warm it",
    rf"warmer,? (?:\w+ )?{_PLACE}", "keep it warmer", "heat(?:ing)? (?:mat|pad|lamp)", "turn up the heat(?:ing)?",
    "(?:near|next to|beside|on|onto|by|above) (?:a|the) (?:radiator|heater|stove|oven)", "space heater",
    "raise the temperature",
)  # fmt: skip
COOLS = _any(
    "balcony", "outdoors", "outside", "patio", "porch", "open (?:a|the) windows?",
    rf"(?:cooler|colder),? (?:\w+ )?{_PLACE}", "keep it (?:cooler|colder)", "lower the temperature", "fridge",
    r"refrigerat\w+", "freezer", r"air[- ]condition\w*", "turn down the heating",
)  # fmt: skip
BRIGHTENS = _any(
    r"(?:give|provide|get|offer|needs?)\b[^.;]{0,20}\bmore (?:light|sun)", "full sun", "direct sun(?:light)?",
    rf"(?:brighter|brightest|sunn(?:y|ier|iest)),? (?:\w+ )?{_PLACE}",
    r"(?:add|use|hang|install|put|run)\b[^.;]{0,25}\bgrow (?:lamp|light)s?",
)  # fmt: skip
FULL_SUN = _any("full sun", "direct sun(?:light)?", "midday sun", "blazing sun")
DARKENS = _any(
    r"(?:to|into|in) (?:the |a )?(?:\w+ ){0,2}shade", "shade (?:it|the plant|this plant|them)",
    rf"(?:shadier|darker|dark|dim|dimmer),? (?:\w+ )?{_PLACE}", "closet", "cupboard", "cellar",
    "(?:draw|close|lower|hang) (?:the |a )?(?:sheer )?(?:curtains?|blinds?|shutters?)",
    "(?:away|back|further) from the window(?! pane)", "(?:give|offer) it less light",
)  # fmt: skip
MOISTENS = _any("humidifier", "mist(?:ing)?", "raise the humidity", "pebble tray", "wet pebbles", "steam")
DRIES_AIR = _any(r"dehumidif\w+", "lower the humidity", "drier air", "dry the air")
FEEDS = _any(
    "fertili[sz]e(?! less)",
    r"(?:add|give|use|apply|pour|mix|with) (?:\w+ ){0,4}(?:fertili[sz]er|plant food|nutrients?)",
    "feed (?:it|the|with|heavily|now)", "fertili[sz]er (?:granules|sticks?|spikes?|pellets?)",
)  # fmt: skip
STRONG = _any(
    "undiluted", "concentrated", "(?:double|twice|triple|ten times) (?:the )?(?:dose|strength|amount)",
    "double[- ]strength",
)  # fmt: skip
POISON = _any(
    "bleach", "gasoline", "petrol", "diesel", "kerosene", "vinegar", "boiling", "hot water", "salt(?:ed|y)? water",
    "sea ?water", "weed ?killer", "herbicide", "ice cubes?", "microwave", "oven", "set (?:it )?on fire",
    "acetone", "ammonia", "motor oil", "antifreeze",
)  # fmt: skip
EATS = _any(
    "(?:eat|taste|chew|swallow|ingest|brew|drink) (?:it|the|its|a leaf|some)", "edible", "non-?toxic",
    r"(?:safe|harmless) (?:for|to) (?:\w+ )?(?:cats?|dogs?|pets?|children|humans?|people|eat)",
)  # fmt: skip
WARNS = re.compile(r"(?<!non)(?<!non-)(?<!not )\btoxic|\bpoison|\bharmful|\bdanger|\birritat", re.IGNORECASE)
"""What makes a sentence about eating a warning."""
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
