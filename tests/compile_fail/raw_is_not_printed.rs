use afterimage_recorder::privacy::Raw;

fn main() {
    let raw = Raw::new("secret".into());
    println!("{raw}");
    println!("{raw:?}");
}
