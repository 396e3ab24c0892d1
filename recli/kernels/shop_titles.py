"""Words of a generated shop: departments, titles that stress CSV and terminals, descriptions."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

DEPARTMENTS: Final[dict[str, dict[str, str]]] = {
    "Books": {
        "Crime": "Mystery|Casebook|Whodunit|Noir Novel",
        "Cooking": "Cookbook|Baking Guide|Recipe Cards|Soup Bible",
        "Travel": "City Guide|Atlas|Phrasebook|Hiking Map",
        "Children's Books": "Picture Book|Bedtime Story|Pop-up Book|Fable",
    },
    "Electronics": {
        "Audio": "Headphones|Turntable|Loudspeaker|Microphone",
        "Photo": "Camera|Tripod|Lens|Flash",
        "Computers": "Keyboard|Laptop|Monitor|Mouse",
        "Phones": "Smartphone|Charger|Phone Case|Power Bank",
    },
    "Home": {
        "Lighting": "Desk Lamp|Lantern|Light Bulb|Chandelier",
        "Bedding": "Duvet|Pillow|Blanket|Bed Linen",
        "Furniture": "Armchair|Shelf|Side Table|Stool",
        "Decoration": "Vase|Picture Frame|Candle|Wall Clock",
    },
    "Kitchen": {
        "Cookware": "Saucepan|Wok|Casserole|Crêpe Pan",
        "Knives": "Chef's Knife|Cleaver|Bread Knife|Sharpener",
        "Coffee": "Espresso Maker|Coffee Grinder|Café Cup|Kettle",
        "Tableware": "Bowl|Plate|Teapot|Glass",
    },
    "Fashion": {
        "Shoes": "Sneakers|Boots|Sandals|Loafers",
        "Dresses": "Dress|Skirt|Kimono|Jumpsuit",
        "Outerwear": "Parka|Raincoat|Trench Coat|Gilet",
        "Accessories": "Scarf|Belt|Sunglasses|Hat",
    },
    "Sports": {
        "Running": "Running Shorts|Stopwatch|Hydration Vest|Socks",
        "Cycling": "Helmet|Bike Light|Saddle|Bottle Cage",
        "Yoga": "Yoga Mat|Yoga Block|Leggings|Bolster",
        "Climbing": "Harness|Chalk Bag|Rope|Carabiner",
    },
    "Toys": {
        "Board Games": "Board Game|Card Game|Dice Set|Puzzle",
        "Models": "Model Railway|Model Kit|Drone|Race Car",
        "Dolls": "Doll|Doll's House|Plush Bear|Puppet",
        "Building": "Brick Set|Marble Run|Wooden Blocks|Magnet Tiles",
    },
    "Garden": {
        "Plants": "Rose|Fern|Olive Tree|Herb Pot",
        "Tools": "Spade|Secateurs|Rake|Watering Can",
        "Barbecue": "Grill|Smoker|Fire Pit|Tongs",
        "Seeds": "Tomato Seeds|Flower Mix|Chili Seeds|Lawn Seed",
    },
    "Grocery": {
        "Tea": "Green Tea|Earl Grey|Rooibos|Jasmine Tea",
        "Chocolate": "Truffles|Dark Chocolate|Pralinés|Cocoa",
        "Snacks": "Crackers|Roasted Nuts|Popcorn|Dried Mango",
        "Spices": "Paprika|Curry Powder|Sea Salt|Vanilla",
    },
    "Beauty": {
        "Skin Care": "Face Cream|Serum|Sun Lotion|Cleanser",
        "Hair": "Shampoo|Hair Oil|Brush|Conditioner",
        "Fragrance": "Eau de Toilette|Perfume|Body Mist|Soap",
        "Make-up": "Lipstick|Mascara|Eyeliner|Palette",
    },
    "Pets": {
        "Dogs": "Dog Food|Leash|Dog Bed|Chew Toy",
        "Cats": "Cat Food|Scratching Post|Cat Litter|Catnip Mouse",
        "Aquarium": "Fish Food|Filter|Aquarium|Gravel",
        "Birds": "Bird Seed|Perch|Nest Box|Bird Bath",
    },
    "Music": {
        "Guitars": "Guitar|Guitar Strings|Capo|Amplifier",
        "Keys": "Piano|Synthesizer|Accordion|Piano Bench",
        "Drums": "Snare|Cymbal|Drumsticks|Cajón",
        "Records": "LP|Box Set|Single|Live Album",
    },
}
CATEGORIES: Final[tuple[tuple[str, str], ...]] = tuple(
    (department, name) for department, names in DEPARTMENTS.items() for name in names
)
NOUNS: Final[tuple[tuple[str, ...], ...]] = tuple(
    tuple(DEPARTMENTS[department][name].split("|")) for department, name in CATEGORIES
)
# Bought again and again by the same person.
CONSUMABLE: Final[frozenset[str]] = frozenset({"Grocery", "Beauty", "Pets"})
STYLES: Final[tuple[str, ...]] = (
    *("vintage", "minimal", "outdoor", "luxury", "playful", "organic", "compact", "classic"),
    *("nordic", "industrial", "handmade", "sporty", "retro", "premium", "rustic", "modern"),
)
ADJECTIVES: Final[tuple[str, ...]] = (
    *("Little", "Golden", "Silent", "Blue", "Grand", "Soft", "Bright", "Wild", "Pocket", "Royal"),
    *(
        "Naïve",
        "Señor's",
        "Großer",
        "Élan",
        "Łódź",
        "Ελληνικό",
        "Уютный",
        "京都",
        "Everyday",
        "Urban",
    ),
)
# The last words of a title: most are plain, the others are what breaks careless CSV and terminals.
ENDINGS: Final[tuple[str, ...]] = (
    *("", " No. 2", " XL", " Mk III", " Plus", " 500"),
    *(", set of 2", ' 27"', ' "Limited Edition"', " [Refurbished]", " [/bold] 50% off", " 🎁"),
    *(" (Größe L)", " – 日本製", "; gift, boxed", " 'as new'", " & more <3", " مميز"),
)
PLAIN_ENDINGS: Final = 6
SYLLABLES: Final[tuple[str, ...]] = (
    *("al", "bor", "cen", "do", "el", "fjor", "gra"),
    *("hu", "is", "ko", "lu", "mo", "nor", "pa"),
)
ENDS: Final[tuple[str, ...]] = (
    *("a", "berg", "co", "dal", "ex", "ia"),
    *("mark", "né", "on", "ström", "us", "vik"),
)


def brand_names(brands: int) -> list[str]:
    """Names of the brands 0 .. brands - 1, all different."""
    plain = len(SYLLABLES) * len(ENDS)
    names = []
    for brand in range(brands):
        first, last = divmod(brand % plain, len(ENDS))
        again = f" {brand // plain + 1}" if brand >= plain else ""
        names.append(f"{SYLLABLES[first]}{ENDS[last]}".capitalize() + again)
    return names


def titles(
    category: npt.NDArray[np.int32], brand: pl.Series, rng: np.random.Generator
) -> pl.Series:
    """Titles [items] such as 'Alberg Golden Teapot, set of 2', one in four with an odd ending."""
    count = len(category)
    most = max(len(nouns) for nouns in NOUNS)
    nouns = pl.Series([names[i % len(names)] for names in NOUNS for i in range(most)])
    odd = rng.random(count) < 0.25
    ending = np.where(
        odd,
        rng.integers(PLAIN_ENDINGS, len(ENDINGS), count),
        rng.integers(0, PLAIN_ENDINGS, count),
    )
    words = pl.DataFrame(
        {
            "brand": brand,
            "adjective": pl.Series(ADJECTIVES).gather(rng.integers(0, len(ADJECTIVES), count)),
            "noun": nouns.gather(category * most + rng.integers(0, most, count)),
            "ending": pl.Series(ENDINGS).gather(ending),
        }
    )
    title = pl.format("{} {} {}{}", "brand", "adjective", "noun", "ending")
    return words.select(title.alias("title")).to_series()


def descriptions(
    category: npt.NDArray[np.int32], style: npt.NDArray[np.int32], rng: np.random.Generator
) -> pl.Series:
    """Three or four words an item; the style is named in four of five, and now and then wrongly."""
    count = len(category)
    told = np.where(rng.random(count) < 0.8, style, rng.integers(0, len(STYLES), count))
    adjectives = pl.Series(ADJECTIVES).str.to_lowercase()
    words = pl.DataFrame(
        {
            "style": pl.Series(STYLES).gather(told),
            "name": pl.Series([name.lower() for _, name in CATEGORIES]).gather(category),
            "word": adjectives.gather(rng.integers(0, len(ADJECTIVES), count)),
        }
    )
    text = pl.format("{} {}, {}", "style", "name", "word")
    return words.select(text.alias("description")).to_series()
