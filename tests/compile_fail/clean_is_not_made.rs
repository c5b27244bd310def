use afterimage_recorder::privacy::Clean;

fn main() {
    let text = String::from("secret");
    let _: Clean = text.clone().into();
    let _ = Clean::new(text.clone());
    let _ = Clean(text.into());
}
