use afterimage_recorder::privacy::Raw;
use afterimage_wire::BatchWriter;
use afterimage_wire::record::Custom;
use afterimage_wire::strings::Role;

fn main() {
    let raw = Raw::new("secret".into());
    let mut writer = BatchWriter::default();
    writer.string(Role::Text, raw);
    Custom { name: raw, payload: raw }.encode(&mut writer, 0);
}
