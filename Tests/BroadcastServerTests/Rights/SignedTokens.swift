@testable import broadcast_server

/// Tokens that OpenSSL's command line has signed, `{"sub":"ann","exp":4102444800}` each, and the public keys for them. Nobody
/// has the private ones any more.
enum SignedTokens {
    /// 2100-01-01 00:00 UTC.
    static let expiry = 4_102_444_800.0

    static let publicKeys = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAs9CCz1FSd/vI8NNPrud8
        aYslXeU1k0+HCWfewr5a943h1GI98GIvzSkxZHEHicVZuPd3HXBd7+eURG6nyT8H
        JKedIFDOzhlHfgO+WjAZMWbCdicbkhAq3waQSKCtAdxbf7ZW/7+vJYz9e+EGdCKh
        rTVqqaXfDTIct7u4GQ+8jMTwNTx4KOqfccj33U4mII6v4gJRnGjuLHFSXIn3D+2a
        2d8Gkc9obw4EMt/lXFmTV2uOdgXtUWrgB1Gh3sOa8KNNpDhzxYg28KBdEKyhyyNi
        w9ujQeZ/TNqI1ext1jI8Elp428cppjxjPsDm3c4CRh0qNa1wpOUuwUh2mKkhIE8g
        uwIDAQAB
        -----END PUBLIC KEY-----
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4UiVq5rCzGLQgt7FOnqoNXgTTMjA
        6ZtPGLn8Zl6JmNgg5HjmufdXjKw8DFSO1fR55N2dE/vgMPC2Ote0NoAXww==
        -----END PUBLIC KEY-----
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEpZzwkVJg85SPHe5aZ7QZKjZtoj5z/rIN
        R60AeqAJSic3d6HtV7MIZrM1qW+REeTgN0bc2Rvzxx5Ehx1kHF3nEORv9sboTfu5
        hyrGCmaON3hYwf3edeMga9MVZZaQf4z3
        -----END PUBLIC KEY-----
        -----BEGIN PUBLIC KEY-----
        MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQB7PlLBCu9Ndd+gOl4D8XM2jUJ0PGF
        VBtxRH5id/PHnOp4ogmOE+8MhQczt0Io7OW4weJT4yPCYvPcVnzTBX2RhvQAadSw
        OLlbjBZHlBn60pzoWb/b+APulMUMfT8f/0ubN5bMPcpl0jdlUUt5clQ03qL7iQqe
        dFQQvskGxRBGX2Zxhs8=
        -----END PUBLIC KEY-----
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAMxNgi8Tj9KTKeuwNYIxuWw0+kwb+XESM55ZK8ztY2rg=
        -----END PUBLIC KEY-----
        -----BEGIN PUBLIC KEY-----
        MEMwBQYDK2VxAzoAecCgh5x4XHBh02aNynFZ8QqpocOtoWl4Wfm1zA8JpG7QPots
        1xPL55sk5PzpdYT756v5E9K1riaA
        -----END PUBLIC KEY-----
        """

    static let byAlgorithm: [(name: String, token: String)] = [
        (
            "RS256",
            """
            eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.csP1EheViEVTxCDGikIVF0H4vrrN6dOFJ5w2G8\
            U9lUILr_6VUBhzX5g0yyvCgdnManj5-gS8Y7lZOabf_gbD8Bea4644qQFYg5uD5QuSkCqqaYzb00xDDfJWz500i6QKCuyUQ6IJqM\
            o24L4qY6u34zpPgAl1Ry_6Xy4erzjzjMNCupuYrUB4G899W6oJYJWrYfrTXbUQuNGPLg0JbwiNe8oxUbKKoZlkQEITYhBFgrOERL\
            1vvLzZTvDSmbY4K4_l8whS2vnEwWPi3EeJBX94jGzfuSgLRLdPBNLrPWbettnovfxCoRCVK1H3PHdOT0pXbsw1Pd8oVFby0wF24B\
            hoFA
            """
        ),
        (
            "RS384",
            """
            eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.G2VwymZ1cAyUbcsy1WY89npxvNS0WR9lCcW_iD\
            fRGjjNaq2_szXe7tYligQHxiZS_mEGyp4kTa7nCQjTQ4l5JEHSAj6K-upfy3dN4Wvp7-EWYAyGHXWYqNPSx0cJ4vVMB0x-eWyd4p\
            tokg_fPct5Vv3oeS-EkgRakwxWzvMnUkZXmL4codN6Vx336TTD0WdzZ1tXat5XImzQyWtxpvvkN9U4wPruvD8TbzkrtYzuncWwfa\
            VTv4-bVIDNPHGaGBsbniMkxDs6AsYtm1_aA_pIgLI98E11pIjd3xclSgRar6dHIa67NfGuL7BjpeQkNxAXX3hq4f_nmBTNWbr-nV\
            anZA
            """
        ),
        (
            "RS512",
            """
            eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.Wx_1bZTv_lr8S6w303lDWN26Paaa2nyGJsA9_X\
            tWRVH29RI8JKjIniaHevSgPgO4B59qRMlstclPhbucF1MLuXM_hlcq6XngYYKJ0F3wq3tsjB2C6HWZCkeBz9O_xntBQl3bdavq8e\
            5uCF1UAJr9qb_IW1E9U30R62Vp-fvO0TjOZR3IY-atPbObWTCdQM2UgvazqChxfdzPO8ohMJd4ZuCpD_ozNneUFrZdRWOU_Yw-cs\
            Q8yOTUBzpoetKVb1-Gfzn0TFc5z1dwp8xgZNV9iEPILrkrZ9QHgiMIRPZLrhU54Ro8S8zodZSmG3E4-F5IHvX5R4k5sTKeGS7MkM\
            31XA
            """
        ),
        (
            "PS256",
            """
            eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.aTy_1P7JLf6bTjloYUFVriM6CWtFdz8FubIVSy\
            ays5H0uRNsBAV4grF_3Pg7lFS70AR68rexa68-W1uz-qbGwiRNtHi73k4fUPSrS_uEEAvoved83R869IyR5BGTbO_DOE-9oR4Mog\
            390KbW4wN66RuoUgGqW4QXdFqZVseHN9zk31fJX5nbcuih4sJkW9tnk3NR2zm6z6b_gts2BWZuKb3jupbzNAl1UyFkj-FjLUOnwA\
            m7o0KL-6-eSIRkrueKx-AsS15jFxvb7dx3K-MoBrkAaEdbyoYSlIFB-vGEspP053E0_bzGF4mpbiXPhmcBAArBenkKXo0z6KK47I\
            wVGg
            """
        ),
        (
            "PS384",
            """
            eyJhbGciOiJQUzM4NCJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.jWfyM2JlCrsVgbm4c3ArHI7-M54oU2-6Nm7Lob\
            bOLMwFlvEdo-DNuZR8ltR8hgfoALFktQ04J5C9SZB3EknyujFdHfJl1gBNyMs9Vr3bvfjEf0KNKHc7mTRR_HGLKUe88_-vzQPQ6t\
            wOZsMhZToWNXKeLNdOt5SpmETCzfSsPrjNAoRbG9V5QRHCIgRdOfCXhJe-ws4SMstk4NP3gTPred2td_dWeb82_GRtZk_md-RKav\
            irs3oieG6dG1m9blID_zU6RdIdRkd1DEwvSQDEq9QAT8ufJgZDmrWgAl8lFvOp-1-iT2Ok59XNJiHesOOu85_5OjdV8HlzFpjIqw\
            qLIg
            """
        ),
        (
            "PS512",
            """
            eyJhbGciOiJQUzUxMiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.qrWu1JF4yzSNcAgPqSOiFvuBOGubbDm_w35AYC\
            TQk_e-goi63r_sZjrbl6z2YKjQuqJqN90m0C4iExTXIcwR8kf-AldXno71xtvKmIyEKEqzO3xD_sJPyfKItcjTTOgZ8NCYWdQE_2\
            xdqvo8a5_iZO36k2Dm2vgtJ1osSal06w8UQGWmkcb2ff0jV4QR9mCOrIc2q5E1XIteJSQpQrQ8WNT59Gnkg3TPoF8AVND6jVMrde\
            1OY2TJPn-uoNYxyTOL4L0IAuR-TKkNpOdg6nZojSsS6sqHca7i48PizD8Xe2eflxKv_HLnz_t7cHpH0u03kJD9SOEfarBJHLj3Fb\
            kfgA
            """
        ),
        (
            "ES256",
            """
            eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.ChE2Sa-_gZl8VMAOQpK2m3UrafCfOlarXxcXvr\
            8kPuXBW0kSGpi2z6K2Em7mQrdAYiUnIQ76ylVv4VLucOrNdQ
            """
        ),
        (
            "ES384",
            """
            eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.tcaeHFtE_UJUaH5lgFty9f44zJYuno-UEhq1Ws\
            awvzJG-33mcutnkFuHyVzNBXWH7umAnTjxRlsPIg6OrHA0uQgS6aYHGdxO14EPHiGfPlf1ESlaWaJML2Gr7fKzdih0
            """
        ),
        (
            "ES512",
            """
            eyJhbGciOiJFUzUxMiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.AQPJqRDvYLoQBMSjo1M73l0O_YemhJlhQ7xpTs\
            y1a9ZJTehHYdFV8k9-I1anxi09lEWKSfiCdE3v8QuZKH2vVU2OAUkQXyeISq1eoatw-9lERfyc1I7R-bz-1CRDP4EI_WGl52w6-c\
            EHDocEzETPhy6t_u6yVnaOM5MicPTEp1VCJs1s
            """
        ),
        (
            "EdDSA",
            """
            eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.3H9rv6xzaso9-4GL9nS2bj1DCt1EqhmbYlfyvn\
            t4_AvAIfRjoC9jdQ83bjI6juKZyVuyJFN6YWhWsIJIt2PNCA
            """
        ),
        (
            "EdDSA",
            """
            eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.kVZJYHIiDMXAVxq2JAAWNYr8qieKDeKk8nV8qI\
            KPGIxI4FEg-qW0G_17y89NytuE-gRvSd-qFCUAG28GaCjFeOqU0b5yaQb9DGmpRB_J-0SK4PQ33kcnHbUzvCTlgHIXYVfb_FazfL\
            wP615Jb4h4gAAA
            """
        ),
        (
            "Ed25519",
            """
            eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.uGvxEbunXIvYYsPgsaSxjmLXr0eSAqwkeAW\
            fmdLwG6CSh3cosGhBOCViDg6cs1N2n2IBxYO560TINut3Z25vDg
            """
        ),
        (
            "Ed448",
            """
            eyJhbGciOiJFZDQ0OCJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.ccuOJ1xIBl543ymsQg-6H2_DM3Kb1g6N3VfszE\
            UTzlkIEo49h07O2QxEQ0hyjFcCqfkFA0HiKL2AI4xVhFL6RbVwBgFSD9P1cQA5IHzmjrE2CG_YEsoFSnPmvJgnSKOHdeDO6lqfEW\
            FgtYPcnXVk7SgA
            """
        ),
    ]

    static let shortRSA = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC5sYpQZD95GZYCwZY3HCGssSIC
        VJ8VD7zyUCT92KOc0kFZCO66uv4FOlX5nIVi1DKb9yNjDCLgzOhBW7xsZRL98sCG
        pbichC2gSy0GssVqc9EBXLrQRYAuJhxfUV4iq/nh+XZNLCcKJuLY8HAHitJSSebO
        VyvXaJiBPfMuly+1LQIDAQAB
        -----END PUBLIC KEY-----
        """

    static let otherCurve = """
        -----BEGIN PUBLIC KEY-----
        MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEw3stTyj205gQpaIFIiJUsLExepxzGpqJ
        KiTPQ2kwn2Gol0VO9gKpTOmZyQSN+M/b1ftlTNRy0kKZLyG4UrnTnw==
        -----END PUBLIC KEY-----
        """

    static let x25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VuAyEAEUy9rzLfW45hyxtYH5Ix6YGKJpJlMpWflgjcwkQrU0c=
        -----END PUBLIC KEY-----
        """
}
