use afterimage_recorder::privacy::Raw;

fn main() {
    let raw = Raw::new("secret".into());
    let _: &str = &raw;
    let _: &str = raw.as_ref();
    let _: String = raw.into();
    let _: &String = &raw.0;
}
