"""The names that logs and catalogues give to users, items, times and ratings."""

import re

# Compared in lower case with only letters and digits; the first of each is recli's own.
NAMES = {
    role: tuple(words.split())
    for role, words in {
        "user_id": "userid uid user customerid customer custid clientid client visitorid memberid"
        " member accountid profileid reviewerid buyerid shopperid subscriberid viewerid readerid",
        "item_id": "itemid iid item movieid movie productid product sku asin articleid article"
        " bookid book trackid songid song artistid videoid businessid listingid newsid contentid"
        " storeid restaurantid gameid recipeid courseid isbn gtin ean",
        "timestamp": "timestamp ts time date datetime eventtime eventtimestamp createdat"
        " occurredat unixtime unixreviewtime reviewtime ratedat purchasedat orderdate epoch utc",
        "rating": "rating score stars star overall ratingvalue userrating grade",
        "event": "event eventtype eventname action actiontype behavior behaviour",
        "weight": "weight confidence",
    }.items()
}


def plain(name: str) -> str:
    """A name as it is compared.

    >>> plain("Customer_ID")
    'customerid'
    """
    return re.sub(r"[\W_]", "", name.lower())


def role_of(name: str) -> str | None:
    """What a column of this name usually holds, or None.

    >>> role_of("movieId")
    'item_id'
    """
    return next((role for role, names in NAMES.items() if plain(name) in names), None)
