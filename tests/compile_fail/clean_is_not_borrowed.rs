use afterimage_recorder::privacy::Clean;

fn main() {
    let text = String::from("secret");
    let _ = Clean::fixed(&text);
}
