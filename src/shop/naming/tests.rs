//! Titles of many kinds and what a clerk would say, written for this test.

use super::*;

/// (title, brand or "", name)
const NAMED: &[(&str, &str, &str)] = &[
    // groceries
    (
        "Lucky Charms Gluten Free Breakfast Cereal, 20.5 oz Box (Pack of 3)",
        "Lucky Charms",
        "Lucky Charms gluten free cereal, pack of 3",
    ),
    ("Ember Dark Roast Coffee Beans, 12 oz", "Ember", "Ember dark roast coffee beans, 12 ounces"),
    ("Organic Granola by Harvest (12 oz)", "Harvest", "Harvest organic granola, 12 ounces"),
    ("Organic Granola by Harvest (12 oz)", "", "Harvest organic granola, 12 ounces"),
    ("Harvest Everyday Whole Grain Rice, 10 lb", "Harvest", "Harvest whole grain rice, 10 pounds"),
    ("Meadowsweet Whole Milk 1 Gallon", "Meadowsweet", "Meadowsweet whole milk, 1 gallon"),
    ("Free Range Large Brown Eggs - 1 Dozen", "Hollow Oak", "Hollow Oak free range brown eggs, a dozen"),
    ("Polar Sparkling Water, Lime, 12 fl oz Cans (Pack of 24)", "Polar", "Polar sparkling water, pack of 24"),
    (
        "GRANITE Extra Virgin Olive Oil | Cold Pressed | 33.8 fl oz",
        "Granite",
        "Granite extra virgin olive oil, 33.8 fluid ounces",
    ),
    ("Sunrise Potato Chips, Sea Salt", "Sunrise", "Sunrise potato chips"),
    (
        "Boneless Skinless Chicken Breast Family Pack, 5 lb",
        "Tidewater",
        "Tidewater boneless skinless chicken breast, 5 pounds",
    ),
    ("Umber Chamomile Herbal Tea Bags - 100 Count", "Umber", "Umber chamomile herbal tea bags, pack of 100"),
    ("Maple Dark Chocolate Bar 70% Cocoa, 3.5 oz", "Maple", "Maple dark chocolate bar, 3.5 ounces"),
    ("Goldcrest Sliced Sourdough Bread", "Goldcrest", "Goldcrest sliced sourdough bread"),
    ("NEW! Fernhill Premium Raw Honey 32oz", "Fernhill", "Fernhill raw honey, 32 ounces"),
    ("Acme Tuna in Water 5 oz (Pack of 12)", "Acme", "Acme tuna in water, pack of 12"),
    // household and care
    ("Willow Ultra Soft Toilet Paper, 24 Count", "Willow", "Willow ultra soft toilet paper, pack of 24"),
    ("Brightwater Lemon Dish Soap Liquid with Pump - 24 fl oz", "Brightwater", ""),
    ("Granite Rechargeable AA Batteries, 8-Pack", "Granite", "Granite rechargeable AA batteries, pack of 8"),
    ("Lumen LED Light Bulbs 60W Equivalent, Daylight, 4 Pack", "Lumen", ""),
    ("Zephyr Fragrance Free Laundry Detergent for Sensitive Skin, 150 fl oz", "Zephyr", ""),
    ("Little Acorn Baby Wipes (Fragrance Free) Pack of 480", "Little Acorn", "Little Acorn baby wipes, pack of 480"),
    ("Orchid Women's Razor", "Orchid", "Orchid women's razor"),
    ("Vela Electric Toothbrush with 3 Brush Heads", "Vela", "Vela electric toothbrush"),
    ("Foxglove Day Cream SPF 30, 1.7 oz", "Foxglove", ""),
    ("Vitamin C 1000 mg Chewable Tablets, 100 ct", "Evergreen", ""),
    // electronics
    (
        "Nova WH-1000XM4 Wireless Noise Cancelling Over-Ear Headphones with Mic, Black",
        "Nova",
        "Nova wireless noise cancelling over-ear headphones",
    ),
    ("Lumen Headphones, Wireless", "Lumen", "Lumen wireless headphones"),
    ("Atlas Metal USB Drive, 32 gigabytes", "Atlas", "Atlas metal USB drive, 32 gigabytes"),
    ("Cobalt Ridge 55\" 4K UHD Smart TV (2024)", "Cobalt Ridge", "Cobalt Ridge 4K UHD smart TV, 55 inches"),
    ("Nova USB C Cable 6ft [2 Pack] Fast Charging", "Nova", "Nova USB C cable, pack of 2"),
    ("Zephyr Power Bank 20000mAh Portable Charger", "Zephyr", "Zephyr power bank, 20000 milliamp hours"),
    ("Wireless Mouse", "", "wireless mouse"),
    ("Atlas 14 inch Laptop - Silver - 512 GB", "Atlas", "Atlas silver laptop, 14 inches"),
    ("Lumen iPad Stand", "Lumen", "Lumen iPad stand"),
    ("Smart Plug | Works With Voice", "Nova", "Nova smart plug"),
    // clothes and shoes
    ("Atlas Men's Cotton T Shirt, Black, Size Large", "Atlas", "Atlas men's cotton T shirt"),
    ("Summit Women's Running Shoes - Red / 8", "Summit", "Summit women's running shoes"),
    ("Driftwood Slim Fit Stretch Denim Jeans for Men", "Driftwood", "Driftwood slim fit stretch denim jeans"),
    ("Willow Wool Scarf", "Willow", "Willow wool scarf"),
    ("Kestrel Waterproof Hiking Boots", "Kestrel", "Kestrel waterproof hiking boots"),
    ("Ironside Socks, Wool, Pack of 6", "Ironside", "Ironside wool socks, pack of 6"),
    // home
    ("Oakhaven 100% Cotton Blanket Throw, 50 x 60 inch", "Oakhaven", "Oakhaven cotton blanket throw, 50 by 60 inches"),
    ("Cedar Picture Frame 5 x 7 inch", "Cedar", "Cedar picture frame, 5 by 7 inches"),
    ("Silverbirch 5 Shelves White Bookshelf", "Silverbirch", "Silverbirch white bookshelf, 5 shelves"),
    ("Elmstone Memory Foam Mattress - Queen", "Elmstone", "Elmstone memory foam mattress"),
    ("Ember Air Fryer, Digital, 6 Quart", "Ember", "Ember air fryer, 6 quarts"),
    ("Polar Stainless Steel Electric Kettle 1.7L", "Polar", "Polar stainless steel electric kettle, 1.7 liters"),
    (
        "Acme Cordless Stick Vacuum Cleaner Lightweight Powerful Suction Rechargeable",
        "Acme",
        "Acme cordless stick vacuum cleaner",
    ),
    ("Granite 10-inch Non-Stick Frying Pan", "Granite", "Granite non-stick frying pan, 10 inches"),
    // garden, pets, toys, paper
    ("Yarrow Expandable Garden Hose 50 ft", "Yarrow", "Yarrow expandable garden hose, 50 feet"),
    ("Evergreen Organic Cherry Tomato Seeds", "Evergreen", "Evergreen organic cherry tomato seeds"),
    ("Copperleaf Grain Free Salmon Dry Dog Food, 30 lb Bag", "Copperleaf", ""),
    ("Wrenfield Clumping Cat Litter, Unscented, 35 lb", "Wrenfield", "Wrenfield clumping cat litter, 35 pounds"),
    ("Dewdrop Wooden Train Set for Kids Ages 3+", "Dewdrop", "Dewdrop wooden train set"),
    ("Marigold 1000 Piece Puzzle: Mountain Lake", "Marigold", "Marigold puzzle, 1000 pieces"),
    ("Penfold Printer Paper, 2500 sheets", "Penfold", "Penfold printer paper, 2500 sheets"),
    ("The Penfold Lined Notebook A5", "Penfold", "Penfold lined notebook A5"),
    ("Redfern's Garden Handbook", "Redfern", "Redfern garden handbook"),
    ("Board Game - Family Edition", "Penfold", "Penfold board game"),
    // awkward ones
    ("Tea", "", "tea"),
    ("Widget X200-B", "Acme", "Acme widget"),
    ("B07XJ8C8F5", "", "B07XJ8C8F5"),
    ("Premium Quality", "", "Premium Quality"),
    ("Acme", "Acme", "Acme"),
];

#[test]
fn names_are_what_a_clerk_would_say() {
    let mut wrong = Vec::new();
    for (title, brand, name) in NAMED {
        let said = spoken_name(title, Some(*brand).filter(|b| !b.is_empty()), &[]);
        println!("{title:90} {said}");
        if !name.is_empty() && said != *name {
            wrong.push(format!("{title}\n  is    {said}\n  wants {name}"));
        }
        let count = said.split_whitespace().count();
        if !(1..=MOST_WORDS + 1).contains(&count) || !said.starts_with(brand) {
            wrong.push(format!("{title}\n  is    {said}"));
        }
    }
    assert!(NAMED.len() >= 60 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn attributes_decide_what_stays() {
    let title = "Nova Bluetooth Over Ear Foldable Studio Stereo Headphones";
    let plain = spoken_name(title, Some("Nova"), &[]);
    let attributes = [("feature".to_owned(), "foldable".to_owned())];
    let told = spoken_name(title, Some("Nova"), &attributes);
    assert!(told.contains("foldable"), "{plain} / {told}");
    let sized = spoken_name("Acme Rice", Some("Acme"), &[("size".to_owned(), "5 lb".to_owned())]);
    assert_eq!(sized, "Acme rice, 5 pounds");
    let coloured = spoken_name("Acme Mug", Some("Acme"), &[("size".to_owned(), "large".to_owned())]);
    assert_eq!(coloured, "Acme mug");
}

proptest::proptest! {
    #[test]
    fn any_title_gets_a_name_that_can_be_said(title in "\\PC{1,120}", brand in proptest::option::of("[A-Za-z ]{0,20}")) {
        let name = spoken_name(&title, brand.as_deref(), &[]);
        proptest::prop_assert!(!name.is_empty() || title.chars().all(|c| !c.is_alphanumeric()));
    }
}
