//! The default ports of well-known services.

use cirun_image_ref::bare_name;

/// Images by the last part of their names, and their ports.
const PORTS: [(&str, u16); 30] = [
    ("activemq", 61616),
    ("cassandra", 9042),
    ("consul", 8500),
    ("couchdb", 5984),
    ("dynamodb-local", 8000),
    ("elasticsearch", 9200),
    ("etcd", 2379),
    ("httpd", 80),
    ("influxdb", 8086),
    ("kafka", 9092),
    ("localstack", 4566),
    ("mariadb", 3306),
    ("memcached", 11211),
    ("minio", 9000),
    ("mongo", 27017),
    ("moto", 5000),
    ("mssql-server", 1433),
    ("mysql", 3306),
    ("nats", 4222),
    ("neo4j", 7687),
    ("nginx", 80),
    ("opensearch", 9200),
    ("postgis", 5432),
    ("postgres", 5432),
    ("rabbitmq", 5672),
    ("redis", 6379),
    ("registry", 5000),
    ("valkey", 6379),
    ("vault", 8200),
    ("zookeeper", 2181),
];

/// The port of a service, by the name of its image.
pub(super) fn port(image: &str) -> Option<u16> {
    let path = bare_name(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    PORTS.iter().find(|(known, _)| *known == name).map(|(_, port)| *port)
}

/// The standalone numbers in a text that can be ports.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = u16> + '_ {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_images() {
        for (image, expected) in [
            ("redis", Some(6379)),
            ("docker.io/library/redis:7-alpine", Some(6379)),
            ("localhost:5000/postgres@sha256:00", Some(5432)),
            ("my-redis:7", None),
            ("redis/app", None),
        ] {
            assert_eq!(port(image), expected, "{image}");
        }
    }

    #[test]
    fn numbers_in_texts() {
        let found: Vec<u16> = numbers("exec httpd -p 8080 --bind=0.0.0.0:9090 v1.2.3 a8081 99999 PORT=70").collect();
        assert_eq!(found, [8080, 9090, 70]);
    }
}
