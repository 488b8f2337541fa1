/// What Alertmanager 0.25 (Debian) sent to a webhook for a group of two alerts, with only the white space added.
enum AlertmanagerSamples {
    static let firing = #"""
        {
          "receiver": "hook",
          "status": "firing",
          "alerts": [
            {
              "status": "firing",
              "labels": {
                "alertname": "SuspiciousLogin",
                "cluster": "hq",
                "instance": "vpn-1:9100",
                "severity": "critical"
              },
              "annotations": {
                "description": "sshd accepted root from 203.0.113.7",
                "summary": "Root login from an unknown network"
              },
              "startsAt": "2026-11-24T18:32:14.485907505Z",
              "endsAt": "0001-01-01T00:00:00Z",
              "generatorURL": "http://prometheus.example:9090/graph",
              "fingerprint": "dc9cb7e154ab9ee6"
            },
            {
              "status": "firing",
              "labels": {
                "alertname": "SuspiciousLogin",
                "cluster": "hq",
                "instance": "vpn-2:9100",
                "severity": "warning"
              },
              "annotations": {
                "description": "sshd accepted root from 203.0.113.8",
                "summary": "Root login from an unknown network"
              },
              "startsAt": "2026-11-24T18:32:14.485907505Z",
              "endsAt": "0001-01-01T00:00:00Z",
              "generatorURL": "http://prometheus.example:9090/graph",
              "fingerprint": "fb8d49b5630a745e"
            }
          ],
          "groupLabels": {
            "alertname": "SuspiciousLogin",
            "cluster": "hq"
          },
          "commonLabels": {
            "alertname": "SuspiciousLogin",
            "cluster": "hq"
          },
          "commonAnnotations": {
            "summary": "Root login from an unknown network"
          },
          "externalURL": "http://vm:19093",
          "version": "4",
          "groupKey": "{}:{alertname=\"SuspiciousLogin\", cluster=\"hq\"}",
          "truncatedAlerts": 0
        }
        """#

    static let resolved = #"""
        {
          "receiver": "hook",
          "status": "resolved",
          "alerts": [
            {
              "status": "resolved",
              "labels": {
                "alertname": "SuspiciousLogin",
                "cluster": "hq",
                "instance": "vpn-1:9100",
                "severity": "critical"
              },
              "annotations": {},
              "startsAt": "2026-11-24T18:32:14.485907505Z",
              "endsAt": "2026-11-24T18:32:18Z",
              "generatorURL": "",
              "fingerprint": "dc9cb7e154ab9ee6"
            },
            {
              "status": "resolved",
              "labels": {
                "alertname": "SuspiciousLogin",
                "cluster": "hq",
                "instance": "vpn-2:9100",
                "severity": "warning"
              },
              "annotations": {},
              "startsAt": "2026-11-24T18:32:14.485907505Z",
              "endsAt": "2026-11-24T18:32:18Z",
              "generatorURL": "",
              "fingerprint": "fb8d49b5630a745e"
            }
          ],
          "groupLabels": {
            "alertname": "SuspiciousLogin",
            "cluster": "hq"
          },
          "commonLabels": {
            "alertname": "SuspiciousLogin",
            "cluster": "hq"
          },
          "commonAnnotations": {},
          "externalURL": "http://vm:19093",
          "version": "4",
          "groupKey": "{}:{alertname=\"SuspiciousLogin\", cluster=\"hq\"}",
          "truncatedAlerts": 0
        }
        """#
}
