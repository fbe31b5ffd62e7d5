"""The material of the demo set: words, sentences, label sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.rng import Dice

PEOPLE: Final = ("Anna", "Bruno", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hanna", "Ivo", "Jana")
SURNAMES: Final = ("Keller", "Rossi", "Lindqvist", "Okafor", "Tanaka", "Moreau", "Novak", "Silva")
PLACES: Final = ("kitchen", "garden", "harbour", "library", "station", "market", "workshop", "meadow")
CITIES: Final = ("Berlin", "Nairobi", "Lima", "Kyoto", "Oslo", "Toronto", "Lisbon", "Hanoi", "Cairo", "Riga")
FIRMS: Final = ("Nordwind", "Blue Harbor Bank", "Sunfield Labs", "Orion Motors", "Delta Foods", "Helix Press")
THINGS: Final = (
    "lamp",
    "basket",
    "bicycle",
    "kettle",
    "ladder",
    "suitcase",
    "violin",
    "blanket",
    "mirror",
    "drum",
)
ADJECTIVES: Final = (
    "small",
    "wooden",
    "blue",
    "heavy",
    "old",
    "bright",
    "broken",
    "striped",
    "clean",
    "yellow",
)
ANIMALS: Final = ("cat", "horse", "rabbit", "duck", "goat", "tiger", "owl", "turtle", "dolphin", "fox")
ACTIONS: Final = (
    "carries a basket across", "waits quietly beside", "repairs a chair in", "walks slowly through",
    "takes a photo of", "plays the violin near", "sweeps the floor of", "paints the door of",
)  # fmt: skip
"""Each goes on with a place."""

KINETICS: Final = (
    "riding a bike", "playing guitar", "swimming backstroke", "reading book", "washing dishes",
    "dancing ballet", "throwing axe", "brushing teeth",
)  # fmt: skip
"""Classes of Kinetics, which the demo set's classifier of actions knows."""

CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "animal": ANIMALS,
    "colour": ("red", "green", "blue", "yellow", "purple", "orange", "brown", "grey"),
    "city": CITIES,
    "tool": ("hammer", "saw", "drill", "wrench", "chisel", "pliers", "screwdriver", "file"),
    "fruit": ("apple", "pear", "mango", "plum", "cherry", "grape", "papaya", "lemon"),
    "instrument": ("violin", "drum", "flute", "trumpet", "guitar", "piano", "harp", "cello"),
    "metal": ("iron", "copper", "gold", "silver", "zinc", "tin", "nickel", "lead"),
}

CAUSES: Final = (
    ("The rain did not stop for a week.", "The river rose over its banks."),
    ("The lamp fell from the table.", "Its glass broke into pieces."),
    ("She forgot to water the plants.", "The leaves turned dry and brown."),
    ("He studied every evening.", "He passed the exam with ease."),
    ("The baker overslept.", "There was no fresh bread in the morning."),
    ("The battery was empty.", "The phone switched itself off."),
    ("The road was covered with ice.", "The cars drove very slowly."),
    ("The door was left open.", "The cat ran out into the street."),
)

PARALLEL: Final[dict[str, tuple[str, ...]]] = {
    "English": (
        "The small cat sleeps on the old chair.", "We drink a cup of tea in the garden.",
        "My brother reads a book every evening.", "The train to the city leaves at eight.",
        "She buys fresh bread at the market.", "The children play near the blue river.",
        "It is raining, so we stay at home.", "The teacher writes a word on the board.",
    ),
    "French": (
        "Le petit chat dort sur la vieille chaise.", "Nous buvons une tasse de thé dans le jardin.",
        "Mon frère lit un livre tous les soirs.", "Le train pour la ville part à huit heures.",
        "Elle achète du pain frais au marché.", "Les enfants jouent près de la rivière bleue.",
        "Il pleut, donc nous restons à la maison.", "Le professeur écrit un mot au tableau.",
    ),
    "Chinese": (
        "小猫睡在旧椅子上。", "我们在花园里喝一杯茶。", "我哥哥每天晚上看书。", "去城里的火车八点开。",
        "她在市场买新鲜的面包。", "孩子们在蓝色的河边玩耍。", "下雨了，所以我们待在家里。",
        "老师在黑板上写了一个字。",
    ),
    "German": (
        "Die kleine Katze schläft auf dem alten Stuhl.", "Wir trinken eine Tasse Tee im Garten.",
        "Mein Bruder liest jeden Abend ein Buch.", "Der Zug in die Stadt fährt um acht Uhr ab.",
        "Sie kauft frisches Brot auf dem Markt.", "Die Kinder spielen am blauen Fluss.",
        "Es regnet, deshalb bleiben wir zu Hause.", "Der Lehrer schreibt ein Wort an die Tafel.",
    ),
    "Spanish": (
        "El gato pequeño duerme en la silla vieja.", "Bebemos una taza de té en el jardín.",
        "Mi hermano lee un libro todas las noches.", "El tren a la ciudad sale a las ocho.",
        "Ella compra pan fresco en el mercado.", "Los niños juegan cerca del río azul.",
        "Está lloviendo, así que nos quedamos en casa.", "El maestro escribe una palabra en la pizarra.",
    ),
    "Swahili": (
        "Paka mdogo analala kwenye kiti cha zamani.", "Tunakunywa kikombe cha chai bustanini.",
        "Kaka yangu anasoma kitabu kila jioni.", "Treni ya kwenda mjini inaondoka saa mbili.",
        "Ananunua mkate mpya sokoni leo asubuhi.", "Watoto wanacheza karibu na mto wa bluu.",
        "Mvua inanyesha, kwa hiyo tunakaa nyumbani.", "Mwalimu anaandika neno moja ubaoni.",
    ),
}  # fmt: skip

_LABELS: Final = (
    ("gender", ("male", "female")),
    ("fake", ("real", "fake")),
    ("accent-sex", ("male", "female")),
    ("manipulation", ("original", "manipulated")),
    ("crack", ("cracked", "normal")),
    ("damaged", ("damaged", "not damaged")),
    ("suspicious", ("normal", "suspicious")),
    ("anomaly", ("normal", "anomaly")),
    ("sarcasm", ("sarcastic", "not sarcastic")),
    ("humor", ("humorous", "not humorous")),
    ("metaphor", ("metaphorical", "literal")),
    ("spam", ("spam", "not spam")),
    ("hate", ("hateful", "not hateful")),
    ("toxicity", ("toxic", "not toxic")),
    ("offensive", ("offensive", "not offensive")),
    ("bias", ("biased", "neutral")),
    ("adverse-drug", ("related", "not related")),
    ("coreference", ("yes", "no")),
    ("sentence-similarity", ("similar", "not similar")),
    ("leukemia", ("benign", "early", "pre", "pro")),
    ("bird-sound", ("Yes", "No")),
    ("sign-language", ("A", "B", "C", "D", "L", "O", "V", "Y")),
    ("inference", ("entailment", "contradiction", "neutral")),
    ("fact-verification", ("supported", "refuted", "not enough information")),
    ("stance", ("favor", "against", "none")),
    ("sentiment", ("positive", "negative", "neutral")),
    ("emotion", ("happy", "sad", "angry", "surprised", "neutral", "afraid")),
    ("expression", ("happy", "sad", "angry", "relaxed")),
    ("intent", ("book flight", "check balance", "play music", "set alarm", "find restaurant")),
    ("personality", ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")),
    ("topic", ("sports", "politics", "science", "business", "culture")),
    ("temporal", ("before", "after", "simultaneous", "vague")),
    ("accent", ("american", "british", "indian", "australian", "scottish")),
    ("speaker", ("speaker 12", "speaker 27", "speaker 31", "speaker 48")),
    ("singer", ("singer a", "singer b", "singer c", "singer d")),
    ("technique", ("scales", "arpeggios", "long tones", "excerpts")),
    ("vocal", ("laughter", "cough", "sigh", "sneeze", "throat clearing")),
    ("genre", ("jazz", "rock", "classical", "hip hop", "country")),
    ("source", ("acoustic", "electronic", "synthetic")),
    ("instrument", ("guitar", "flute", "organ", "violin", "drum")),
    ("command", ("up", "down", "left", "right", "stop")),
    ("animal-sound", ("dog", "rooster", "frog", "cow", "crow")),
    ("acoustic-scene", ("airport", "park", "metro station", "street", "tram")),
    ("environment", ("rain", "wind", "siren", "clock tick", "crackling fire")),
    ("sound-event", ("door slam", "keyboard", "glass breaking", "applause")),
    ("heartbeat", ("normal", "murmur", "extrasystole", "artifact")),
    ("myocardial", ("normal", "infarction", "abnormal", "history of infarction")),
    ("tumor", ("glioma", "meningioma", "pituitary", "no tumor")),
    ("acne", ("level 0", "level 1", "level 2", "level 3")),
    ("disease", ("healthy", "downy mildew", "mosaic", "bacterial leaf spot")),
    ("dog-breeds", ("beagle", "poodle", "boxer", "husky", "collie")),
    ("big-cat", ("lion", "tiger", "cheetah", "leopard", "puma")),
    ("butterfly", ("monarch", "swallowtail", "peacock", "red admiral")),
    ("bird", ("robin", "sparrow", "kingfisher", "blue jay", "heron")),
    ("boat", ("sailboat", "ferry", "kayak", "gondola", "cruise ship")),
    ("spectrum", ("bus", "truck", "sedan", "motorcycle")),
    ("car-brands", ("Audi", "Toyota", "Ford", "Volvo", "Fiat")),
    ("chinese-fine-art", ("Qi Baishi", "Xu Beihong", "Zhang Daqian", "Wu Guanzhong")),
    ("vehicle", ("car", "bus", "truck", "bicycle", "motorcycle")),
    ("fish", ("salmon", "trout", "carp", "tuna", "perch")),
    ("flower", ("rose", "tulip", "daisy", "sunflower", "dandelion")),
    ("food", ("pizza", "sushi", "salad", "soup", "pancakes")),
    ("ripeness", ("unripe", "partially ripe", "ripe", "overripe")),
    ("fruit", ("apple", "banana", "cherry", "mango", "pear")),
    ("vegetable", ("carrot", "cabbage", "potato", "pumpkin", "radish")),
    ("garbage", ("paper", "glass", "metal", "plastic", "cardboard")),
    ("trash", ("paper", "glass", "metal", "plastic", "organic")),
    ("waste", ("battery", "clothes", "shoes", "plastic", "biological")),
    ("material", ("wood", "stone", "fabric", "leather", "metal")),
    ("weather", ("sunny", "cloudy", "rainy", "snowy", "foggy")),
    ("terrain", ("grass", "sand", "rock", "marsh")),
    ("landscape", ("coast", "desert", "forest", "glacier", "mountain")),
    ("sports", ("basketball", "swimming", "tennis", "archery", "rowing")),
    ("ball", ("football", "basketball", "tennis ball", "golf ball")),
    ("yoga", ("tree", "plank", "warrior", "goddess", "downdog")),
    ("style", ("impressionism", "cubism", "realism", "pop art")),
    ("microorganism", ("amoeba", "euglena", "hydra", "paramecium")),
    ("wayang", ("arjuna", "bagong", "gareng", "petruk", "semar")),
    ("utensil", ("fork", "ladle", "spatula", "whisk", "knife")),
    ("plant", ("aloe", "fern", "maple", "cactus", "basil")),
    ("women", ("Marie Curie", "Rosa Parks", "Frida Kahlo", "Ada Lovelace")),
    ("action", ("running", "cooking", "reading", "dancing", "climbing")),
    ("accessory", ("hat", "bag", "glasses", "watch")),
    ("appliance", ("oven", "fridge", "washer", "kettle")),
    ("electronic", ("laptop", "monitor", "keyboard", "phone")),
    ("furniture", ("chair", "table", "sofa", "bed", "desk")),
    ("structure", ("bridge", "tower", "house", "stairs")),
    ("tableware", ("bowl", "cup", "bottle", "plate")),
    ("person", ("standing", "sitting", "walking", "lying")),
    ("tv-show", ("quiz show", "cooking show", "news", "talent show")),
    ("art", ("pottery", "calligraphy", "oil painting", "sculpture")),
    ("thermal", ("cat", "dog", "man", "car")),
    ("animal", ANIMALS[:5]),
    ("mammal", ("bear", "deer", "otter", "bat", "seal")),
    ("event", ("causes", "enables", "reaction to", "no relation")),
)
"""Label sets by a word of the task's id; the first that fits counts."""


def labels_for(slug: str) -> tuple[str, ...]:
    """Return the label set of a task."""
    return next((labels for word, labels in _LABELS if word in slug), ("alpha", "beta", "gamma", "delta"))


def scenes(dice: Dice, count: int) -> list[str]:
    """Return `count` different sentences of at least eight words about somebody doing something somewhere."""
    people, actions = dice.spread(PEOPLE, count), dice.spread(ACTIONS, count)
    places, adjectives = dice.spread(PLACES, count), dice.spread(ADJECTIVES, count)
    rows = zip(people, actions, adjectives, places, strict=True)
    return [f"{person} {action} the {adjective} {place}" for person, action, adjective, place in rows]


def full_name(dice: Dice) -> str:
    """Return a person's first and last name."""
    return f"{dice.pick(PEOPLE)} {dice.pick(SURNAMES)}"
